import { For, type JSX, Show } from 'solid-js'
import { useAction, useObservable } from '#web/sdk'
import { Button, InlineNotice, List, ListRow } from '#web/ui'
import { CompleteTask, Task, type TaskPlace } from '../shared/tasks.ts'

/** The open tasks of this app; nothing when there are none. */
export function TaskList(props: { readonly of: TaskPlace }): JSX.Element {
  const tasks = useObservable(Task, () => ({ to: props.of }))
  const complete = useAction(CompleteTask)

  return (
    <Show when={tasks.rows.length > 0}>
      <div class="mb-5">
        <List label="Tasks">
          <For each={tasks.rows}>
            {(row) => (
              <ListRow
                data-testid={`task-${row.id}`}
                actions={
                  <Button
                    tone="primary"
                    aria-label={`Done: ${row.words}`}
                    onClick={() => void complete.push({ taskId: row.id })}
                  >
                    Done
                  </Button>
                }
                notice={
                  <Show when={complete.lastRefusal(row.id)}>
                    {(refusal) => <InlineNotice tone="warning">{refusal().words}</InlineNotice>}
                  </Show>
                }
              >
                <p class="font-medium wrap-anywhere">{row.words}</p>
              </ListRow>
            )}
          </For>
        </List>
      </div>
    </Show>
  )
}
