import { createSignal, For, type JSX, Show } from 'solid-js'
import { Button, Card, EmptyState, InlineNotice } from '#web/ui'
import { createPastAnswer } from './create-past-answer.ts'
import { type ExplainedEvent, loadRowChanges } from './past-api.ts'
import { PastAnswerFrame, RowChangesTable } from './past-rows-view.tsx'

/** The rows that one event changed, in every read model: looked for when somebody asks, since it takes a moment. */
export function ChangedRowsCard(props: { readonly position: string }): JSX.Element {
  const [isWanted, setWanted] = createSignal(false)
  const answer = createPastAnswer(() => (isWanted() ? props.position : undefined), loadRowChanges)
  return (
    <Show
      when={isWanted()}
      fallback={
        <div class="mt-4">
          <Button onClick={() => setWanted(true)}>Show the rows this event changed</Button>
        </div>
      }
    >
      <div class="mt-4" data-testid="changed-rows">
        <PastAnswerFrame answer={answer}>{(explained) => <ChangedTables explained={explained} />}</PastAnswerFrame>
      </div>
    </Show>
  )
}

function ChangedTables(props: { readonly explained: readonly ExplainedEvent[] }): JSX.Element {
  const projections = () => props.explained.flatMap((event) => event.projections)
  const isNothing = () => projections().every(({ tables, parkedWords }) => tables.length === 0 && parkedWords === null)
  return (
    <>
      <Show when={isNothing()}>
        <Card flush>
          <EmptyState title="No row changed" words="No read model of a plugin makes anything of this event." />
        </Card>
      </Show>
      <For each={projections()}>
        {({ projection, tables, parkedWords }) => (
          <>
            <Show when={parkedWords}>
              {(words) => (
                <InlineNotice tone="warning" class="mb-4">
                  {projection} could not take this event: {words()}
                </InlineNotice>
              )}
            </Show>
            <For each={tables}>
              {({ table, rows, keyedBy }) => (
                <Card class="mb-4" title={`${projection} / ${table}`} words="Rows this event changed" flush>
                  <RowChangesTable
                    title={`Rows of ${table} this event changed`}
                    changes={rows}
                    keyedBy={keyedBy}
                    emptyWords=""
                  />
                </Card>
              )}
            </For>
          </>
        )}
      </For>
    </>
  )
}
