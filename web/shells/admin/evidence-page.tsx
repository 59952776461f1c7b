import type { JSX } from 'solid-js'
import { Page, PageTitle } from '#web/ui'
import { EvidenceCard } from './evidence-card.tsx'

/** For auditors: what proves that the past is as it was recorded. */
export function EvidencePage(): JSX.Element {
  return (
    <Page>
      <PageTitle title="Tamper evidence" words="Proof that nobody altered what was recorded." />
      <EvidenceCard />
    </Page>
  )
}
