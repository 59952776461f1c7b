import Minus from 'lucide-solid/icons/minus'
import Plus from 'lucide-solid/icons/plus'
import { For, type JSX, Show } from 'solid-js'
import { useAction, useMarks, useObservable } from '#web/sdk'
import { EmptyState, IconButton, InlineNotice, List, ListRow, LiveView, RecordMarks } from '#web/ui'
import { AddIntValue } from '../shared/actions.ts'
import { StringInt } from '../shared/tuples.ts'
import './expectations.ts'

/** Every string int, live, with what a person in the field or at a desk may do to it. */
export function StringIntList(): JSX.Element {
  const stringInts = useObservable(StringInt, () => ({}))
  const addIntValue = useAction(AddIntValue)
  const add = (stringIntId: string, offset: number) => void addIntValue.push({ stringIntId, offset })

  return (
    <LiveView of={stringInts}>
      <Show when={stringInts.rows.length > 0} fallback={<EmptyState title="No string ints yet" />}>
        <List label="String ints">
          <For each={stringInts.rows}>
            {(row) => (
              <ListRow
                data-testid={`string-int-${row.id}`}
                actions={
                  <>
                    <IconButton
                      data-testid="decrement"
                      tone="plain"
                      label={`Decrement ${row.string1}`}
                      icon={<Minus aria-hidden="true" />}
                      onClick={() => add(row.id, -1)}
                    />
                    <IconButton
                      data-testid="increment"
                      tone="plain"
                      label={`Increment ${row.string1}`}
                      icon={<Plus aria-hidden="true" />}
                      onClick={() => add(row.id, 1)}
                    />
                  </>
                }
                notice={
                  <Show when={addIntValue.lastRefusal(row.id)}>
                    {(refusal) => (
                      <InlineNotice tone="warning" onDismiss={() => addIntValue.dismissRefusal(row.id)}>
                        {refusal().words}
                      </InlineNotice>
                    )}
                  </Show>
                }
              >
                <div class="flex flex-wrap items-center gap-x-4">
                  <div class="min-w-0 flex-1 basis-40">
                    <p class="font-medium wrap-anywhere">{row.string1}</p>
                    <RecordMarks of={useMarks(() => row.id)} hideRefused />
                  </div>
                  <p data-testid="int1" class="text-2xl font-semibold tabular-nums">
                    {row.int1}
                  </p>
                </div>
              </ListRow>
            )}
          </For>
        </List>
      </Show>
    </LiveView>
  )
}
