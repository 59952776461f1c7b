import Check from 'lucide-solid/icons/check'
import CircleAlert from 'lucide-solid/icons/circle-alert'
import Info from 'lucide-solid/icons/info'
import LoaderCircle from 'lucide-solid/icons/loader-circle'
import { For, type JSX, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { Button, ButtonLink, Card, VisuallyHidden } from '#web/ui'
import { type ReadinessCheck, type ReadinessTodo, readinessVerdict } from './readiness.ts'

/** Whether one may drive off: a line each, with a tick or with what is missing and the button that mends it. */
export function ReadinessCard(props: {
  readonly checks: readonly ReadinessCheck[]
  onTodo(todo: ReadinessTodo): void
}): JSX.Element {
  const verdict = () => readinessVerdict(props.checks)
  return (
    <Card title="Ready to leave coverage?" flush>
      <p role="status" data-testid="readiness" class="border-b border-line px-4 py-3 font-medium sm:px-5">
        {verdict().words}
      </p>
      <ul class="divide-y divide-line" aria-label="Checks">
        <For each={props.checks}>
          {(check) => (
            <li
              class="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5"
              data-testid={`ready-${check.id}`}
              data-state={check.state}
            >
              <div class="flex min-w-0 flex-1 basis-60 items-start gap-3">
                <Dynamic
                  component={looks[check.state].icon}
                  class={`mt-0.5 size-5 shrink-0 ${looks[check.state].mark}`}
                  aria-hidden="true"
                />
                <div class="min-w-0">
                  <p class="font-medium">
                    {check.title} <VisuallyHidden>({looks[check.state].title})</VisuallyHidden>
                  </p>
                  <p class="text-sm wrap-anywhere text-ink-muted">{check.words}</p>
                </div>
              </div>
              <Show when={check.todo}>
                {(todo) => (
                  <Show
                    when={todo() === 'open-outbox'}
                    fallback={<Button onClick={() => props.onTodo(todo())}>{todoTitles[todo()]}</Button>}
                  >
                    <ButtonLink href="/outbox">{todoTitles[todo()]}</ButtonLink>
                  </Show>
                )}
              </Show>
            </li>
          )}
        </For>
      </ul>
    </Card>
  )
}

const looks = {
  ok: { icon: Check, mark: 'text-ink-muted', title: 'ready' },
  missing: { icon: CircleAlert, mark: 'text-alarm', title: 'missing' },
  pending: { icon: LoaderCircle, mark: 'animate-spin text-ink-muted', title: 'under way' },
  advice: { icon: Info, mark: 'text-warning', title: 'to consider' },
} as const

const todoTitles: Readonly<Record<ReadinessTodo, string>> = {
  'check-app': 'Fetch the app',
  update: 'Update',
  connect: 'Try now',
  'open-outbox': 'Open the outbox',
  'fetch-packs': 'Fetch the data',
  persist: 'Ask it to stay',
}
