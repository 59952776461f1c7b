import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { HelpRequest } from '#vortex/protocol/help-request.ts'
import type { TupleOf } from '#vortex/protocol/tuple.ts'
import { useObservable } from '#web/sdk'
import { Button, Card, InlineNotice, Moment, StatusPill } from '#web/ui'
import { AnswerHelpDialog } from './answer-help-dialog.tsx'
import { HelpRecordView } from './help-record-view.tsx'
import { parseHelpRecords } from './help-records.ts'
import { deviceHref, shortDevice } from './known-device-looks.ts'

export type HelpRow = TupleOf<typeof HelpRequest>

/** What people asked the office for help with: of one device all of it, otherwise what nobody has answered. */
export function HelpCard(props: { readonly device?: string }): JSX.Element {
  const requests = useObservable(HelpRequest, () =>
    props.device === undefined ? { state: 'open' } : { device: props.device },
  )
  const [asked, setAsked] = createSignal<HelpRow>()
  // Open ones first; of them whoever waits longest, of the others the latest.
  const sorted = createMemo(() => [
    ...requests.rows.filter(({ state }) => state === 'open').toSorted((a, b) => a.askedAt - b.askedAt),
    ...requests.rows.filter(({ state }) => state !== 'open').toSorted((a, b) => b.askedAt - a.askedAt),
  ])
  return (
    <>
      <Show when={sorted().length > 0}>
        <Card title="Asked for help" words="What people in the field want the office to look at." flush>
          <ul aria-label="Asked for help" class="divide-y divide-line">
            <For each={sorted()}>
              {(request) => (
                <HelpBlock
                  request={request}
                  isOnItsPage={props.device !== undefined}
                  onAnswer={() => setAsked({ ...request })}
                />
              )}
            </For>
          </ul>
        </Card>
      </Show>
      <Show when={requests.state() === 'refused'}>
        <InlineNotice tone="warning">What people asked for help with cannot be shown just now.</InlineNotice>
      </Show>
      <AnswerHelpDialog request={asked()} onClose={() => setAsked(undefined)} />
    </>
  )
}

function HelpBlock(props: { readonly request: HelpRow; readonly isOnItsPage: boolean; onAnswer(): void }): JSX.Element {
  const isOpen = () => props.request.state === 'open'
  return (
    <li data-testid={`help-${props.request.id}`} class="flex flex-col gap-3 px-4 py-3.5 sm:px-5">
      <div class="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div class="min-w-0 flex-1 basis-64">
          <p class="text-sm text-ink-muted">
            {props.request.user}, {props.request.app},{' '}
            <Show when={!props.isOnItsPage}>
              <a href={deviceHref(props.request.device)} class="font-mono text-accent hover:underline">
                {shortDevice(props.request.device)}
              </a>
              {', '}
            </Show>
            <Moment at={props.request.askedAt} />
          </p>
          <p class="mt-1 wrap-anywhere whitespace-pre-line">{props.request.words || 'Without words.'}</p>
        </div>
        <div class="flex items-center gap-2">
          <StatusPill tone={isOpen() ? 'warning' : 'normal'}>{isOpen() ? 'Not answered' : 'Answered'}</StatusPill>
          <Show when={isOpen()}>
            <Button
              onClick={() => props.onAnswer()}
              aria-label={`Answer … ${props.request.user}: ${props.request.words}`}
            >
              Answer …
            </Button>
          </Show>
        </div>
      </div>
      <For each={parseHelpRecords(props.request.records)}>{(record) => <HelpRecordView record={record} />}</For>
      <Show when={props.request.answer}>
        {(answer) => (
          <InlineNotice tone="info">
            {props.request.answeredBy}: {answer()}
          </InlineNotice>
        )}
      </Show>
    </li>
  )
}
