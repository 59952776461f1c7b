import { createSignal, type JSX, Show } from 'solid-js'
import { makeUuid, useAction, useObservable } from '#web/sdk'
import {
  Button,
  Card,
  DataTable,
  EmptyState,
  InlineNotice,
  LiveView,
  Page,
  PageTitle,
  SelectInput,
  TextInput,
} from '#web/ui'
import { SendTask, Task, type TaskPlace } from '../../shared/tasks.ts'

const places: readonly { readonly value: TaskPlace; readonly title: string }[] = [
  { value: 'field', title: 'Field' },
  { value: 'office', title: 'Office' },
]

/** Sends tasks to the screens of the field or the office, and shows which are open. */
export function Screen(): JSX.Element {
  const tasks = useObservable(Task, () => ({}))
  const sendTask = useAction(SendTask)
  const [taskId, setTaskId] = createSignal(makeUuid())
  const [to, setTo] = createSignal<TaskPlace>('field')
  const [words, setWords] = createSignal('')

  async function send(): Promise<void> {
    const answer = await sendTask.push({ taskId: taskId(), to: to(), words: words() })
    if (answer.outcome !== 'accepted') return
    setTaskId(makeUuid())
    setWords('')
  }

  return (
    <Page>
      <PageTitle title="Tasks" words="Everybody who has the plugin open in that app sees them at once." />
      <div class="flex flex-col gap-5">
        <Card title="Send a task">
          <form
            class="flex flex-wrap items-start gap-3"
            onSubmit={(event) => {
              event.preventDefault()
              void send()
            }}
          >
            <SelectInput label="To" value={to()} options={places} onChange={setTo} />
            <TextInput label="What to do" class="flex-1 basis-48" value={words()} onInput={setWords} />
            <Button type="submit" tone="primary" class="mt-6">
              Send
            </Button>
          </form>
          <Show when={sendTask.lastRefusal(taskId())}>
            {(refusal) => (
              <InlineNotice class="mt-3" tone="warning" onDismiss={() => sendTask.dismissRefusal(taskId())}>
                {refusal().words}
              </InlineNotice>
            )}
          </Show>
        </Card>
        <Card title="Open tasks" flush>
          <LiveView of={tasks}>
            <DataTable
              caption="Open tasks"
              rows={tasks.rows}
              empty={<EmptyState title="No open tasks" words="What you send stands here until somebody has done it." />}
              columns={[
                { title: 'To', cell: (row) => places.find(({ value }) => value === row.to)?.title },
                { title: 'What to do', isHeader: true, cell: (row) => row.words },
              ]}
            />
          </LiveView>
        </Card>
      </div>
    </Page>
  )
}
