import type { JSX } from 'solid-js'
import { useObservable } from '#web/sdk'
import { Card, Figure, Figures, formatCount, LiveView, Page, PageTitle } from '#web/ui'
import { StringInt } from '../../shared/tuples.ts'

/** How many string ints there are, and what their numbers add up to, live. */
export function Screen(): JSX.Element {
  const stringInts = useObservable(StringInt, () => ({}))
  const sum = () => stringInts.rows.reduce((total, row) => total + row.int1, 0)

  return (
    <Page>
      <PageTitle title="Totals" words="Of all string ints, as they are now." />
      <LiveView of={stringInts}>
        <Card title="String ints">
          <Figures>
            <Figure title="Count">{formatCount(stringInts.rows.length)}</Figure>
            <Figure title="Sum">
              <span data-testid="sum">{formatCount(sum())}</span>
            </Figure>
          </Figures>
        </Card>
      </LiveView>
    </Page>
  )
}
