import CaseSensitive from 'lucide-solid/icons/case-sensitive'
import ListPlus from 'lucide-solid/icons/list-plus'
import Minus from 'lucide-solid/icons/minus'
import Plus from 'lucide-solid/icons/plus'
import { type JSX, Show } from 'solid-js'
import { useAction, useObservable } from '#web/sdk'
import { Button, EmptyState, ForRows, IconButton, List, ListRow, LiveView } from '#web/ui'
import { AddIntValue, ToggleCaps } from '../shared/actions.ts'
import { StringInt } from '../shared/tuples.ts'
import './expectations.ts'
import { PendingMark } from './pending-mark.tsx'
import { RowNotices } from './row-notices.tsx'

/** Every string int, live, with what a person in the field or at a desk may do to it. */
export function StringIntList(): JSX.Element {
  const stringInts = useObservable(StringInt, () => ({}))
  const toggleCaps = useAction(ToggleCaps)
  const addIntValue = useAction(AddIntValue)
  const actions = [toggleCaps, addIntValue]
  const add = (stringIntId: string, offset: number) => void addIntValue.push({ stringIntId, offset })

  return (
    <LiveView of={stringInts}>
      <Show when={stringInts.rows.length > 0} fallback={<NothingYet />}>
        <List label="String ints">
          <ForRows each={stringInts.rows}>
            {(row) => (
              <ListRow
                data-testid={`string-int-${row.id}`}
                actions={
                  <>
                    <Button
                      data-testid="toggle-caps"
                      class="max-sm:flex-1"
                      aria-label={`Toggle caps of ${row.string1}`}
                      icon={<CaseSensitive class="size-5" aria-hidden="true" />}
                      onClick={() => void toggleCaps.push({ stringIntId: row.id })}
                    >
                      Toggle caps
                    </Button>
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
                notice={<RowNotices stringIntId={row.id} actions={actions} />}
              >
                <div class="flex flex-wrap items-center gap-x-4">
                  <div class="min-w-0 flex-1 basis-40">
                    <p data-testid="string1" class="font-medium wrap-anywhere">
                      {row.string1}
                    </p>
                    <PendingMark stringIntId={row.id} actions={actions} />
                  </div>
                  <p data-testid="int1" class="ml-auto text-2xl font-semibold tracking-tight tabular-nums">
                    {row.int1}
                  </p>
                </div>
              </ListRow>
            )}
          </ForRows>
        </List>
      </Show>
    </LiveView>
  )
}

function NothingYet(): JSX.Element {
  return (
    <EmptyState
      icon={<ListPlus aria-hidden="true" />}
      title="No string ints yet"
      words="People in the field and administrators add them; they appear here at once."
    />
  )
}
