import ArchiveIcon from 'lucide-solid/icons/archive'
import CircleCheck from 'lucide-solid/icons/circle-check'
import Inbox from 'lucide-solid/icons/inbox'
import RotateCw from 'lucide-solid/icons/rotate-cw'
import TabletSmartphone from 'lucide-solid/icons/tablet-smartphone'
import { createMemo, createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { Button, ButtonLink, EmptyState, formatCount, LinkTabs, Loading, Page, PageTitle, showToast } from '#web/ui'
import { OutboxHistory } from './outbox-history.tsx'
import { OutboxList } from './outbox-list.tsx'
import { inSection, type OutboxSection, sectionOf } from './outbox-sections.ts'
import { OutboxSummary } from './outbox-summary.tsx'
import type { OutboxSurroundings } from './outbox-view.ts'

/** What this device has done and what of it has not arrived, in three lists. */
export function OutboxLists(
  props: OutboxSurroundings & { readonly asked: unknown; readonly below?: JSX.Element },
): JSX.Element {
  const status = () => props.outbox.status()
  // Whoever has just dealt with the last one stays where they are.
  const [first] = createSignal(status().attention > 0)
  const section = createMemo(() => sectionOf(props.asked, first() ? 1 : status().attention))
  const records = createMemo(() => inSection(props.outbox.records(), section()))
  /** In the order they were pushed, which is the order they go in. */
  const stuckIds = () => props.outbox.records().flatMap(({ id, state }) => (state === 'stuck' ? [id] : []))
  return (
    <Page narrow>
      <PageTitle
        title="Outbox"
        words="What you did on this device, and whether it has arrived."
        actions={
          <ButtonLink href="/device" icon={<TabletSmartphone class="size-4" aria-hidden="true" />}>
            This device
          </ButtonLink>
        }
      />
      <OutboxSummary outbox={props.outbox} />
      <LinkTabs label="Which actions" tabs={tabsOf(section(), status())} />
      <Switch>
        <Match when={!props.outbox.isReady()}>
          <Loading label="Reading what is on this device" />
        </Match>
        <Match when={section() === 'history'}>
          <OutboxHistory
            outbox={props.outbox}
            pluginTitle={props.pluginTitle}
            empty={
              <EmptyState
                icon={<ArchiveIcon aria-hidden="true" />}
                title="Nothing was sent yet"
                words={emptyWords.history}
              />
            }
          />
        </Match>
        <Match when={true}>
          <Show when={section() === 'attention' && stuckIds().length > 1}>
            <RetryAll outbox={props.outbox} ids={stuckIds()} />
          </Show>
          <OutboxList
            outbox={props.outbox}
            pluginTitle={props.pluginTitle}
            label={titles[section()]}
            records={records()}
            empty={
              <EmptyState
                icon={section() === 'unsent' ? <Inbox aria-hidden="true" /> : <CircleCheck aria-hidden="true" />}
                title={section() === 'unsent' ? 'Nothing waits' : 'Nothing needs you'}
                words={emptyWords[section()]}
              />
            }
          />
        </Match>
      </Switch>
      {props.below}
    </Page>
  )
}

const titles: Readonly<Record<OutboxSection, string>> = {
  unsent: 'Not sent yet',
  attention: 'Needs attention',
  history: 'History',
}
const emptyWords: Readonly<Record<OutboxSection, string>> = {
  unsent: 'What you do without a connection waits here, and goes by itself when there is one.',
  attention: 'What is refused, or cannot be sent as it is, shows here with the reason.',
  history: 'Everything that was sent, with what became of it, shows here.',
}

function tabsOf(section: OutboxSection, { unsent, attention }: ReturnType<OutboxSurroundings['outbox']['status']>) {
  const counts = { unsent, attention, history: 0 }
  return (['unsent', 'attention', 'history'] as const).map((one) => ({
    href: `/outbox?show=${one}`,
    title: counts[one] > 0 ? `${titles[one]} (${formatCount(counts[one])})` : titles[one],
    current: one === section,
  }))
}

function RetryAll(props: {
  readonly outbox: OutboxSurroundings['outbox']
  readonly ids: readonly string[]
}): JSX.Element {
  const [isBusy, setBusy] = createSignal(false)
  async function retryAll(): Promise<void> {
    setBusy(true)
    const results = await Promise.allSettled(props.ids.map((id) => props.outbox.retry(id)))
    setBusy(false)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed) showToast(failed.reason instanceof Error ? failed.reason.message : String(failed.reason))
  }
  return (
    <div class="mb-3">
      <Button busy={isBusy()} onClick={() => void retryAll()} icon={<RotateCw class="size-4" aria-hidden="true" />}>
        Try all {formatCount(props.ids.length)} again
      </Button>
    </div>
  )
}
