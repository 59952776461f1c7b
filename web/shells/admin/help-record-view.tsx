import { type JSX, Show } from 'solid-js'
import type { HelpRecord } from '#vortex/protocol/help-request.ts'
import { JsonView, Moment } from '#web/ui'
import { enteredValues, recordWords } from './help-records.ts'

/** An action as its device had it when its person asked about it. */
export function HelpRecordView(props: { readonly record: HelpRecord }): JSX.Element {
  return (
    <div class="rounded-control border border-line px-3 py-2.5 text-sm">
      <p class="font-medium wrap-anywhere">{props.record.title || props.record.name}</p>
      <p class="wrap-anywhere">{recordWords(props.record)}</p>
      <p class="mt-1 text-xs text-ink-muted">
        <span class="font-mono">{props.record.name}</span>, version {props.record.version}, number {props.record.seq},
        done <Moment at={props.record.at} /> with the app {props.record.build}.{' '}
        <Show when={props.record.attempts > 0}>
          <a href={`/audit?text=${encodeURIComponent(props.record.id)}`} class="text-accent underline">
            What is recorded of it
          </a>
        </Show>
      </p>
      <div class="mt-2">
        <JsonView label="What was entered" value={enteredValues(props.record.fields)} />
      </div>
    </div>
  )
}
