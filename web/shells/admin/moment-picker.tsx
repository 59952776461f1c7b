import ChevronLeft from 'lucide-solid/icons/chevron-left'
import ChevronRight from 'lucide-solid/icons/chevron-right'
import { type JSX, onCleanup, Show } from 'solid-js'
import { formatInstant, formatPosition, IconButton, TextInput } from '#web/ui'
import { createLoaded } from './create-loaded.ts'
import { loadMoment } from './past-api.ts'
import { fromDateInput, toDateInput } from './past-words.ts'

const typingMs = 500

/**
 * A moment of the past: a time, or a place in the log from which one can go on event by event. Says behind which event it
 * lies.
 */
export function MomentPicker(props: {
  readonly label: string
  /** As the server takes it; empty means the present. */
  readonly value: string
  onChange(moment: string): void
}): JSX.Element {
  const asked = () => props.value || 'now'
  const found = createLoaded(asked, async (at, signal) => ({ at, ...(await loadMoment(at, signal)) }))
  /** Steps start from the moment that is shown, not from one that was. */
  const beside = (side: 'previous' | 'next') => {
    const moment = found.value()
    return moment?.at === asked() ? (moment[side] ?? undefined) : undefined
  }
  const step = (side: 'previous' | 'next') => {
    const position = beside(side)
    if (position !== undefined) props.onChange(position)
  }
  const event = () => found.value()?.event ?? undefined
  const shown = () => {
    const typed = Date.parse(props.value)
    if (!Number.isNaN(typed) && !/^\d+$/.test(props.value)) return toDateInput(typed)
    const recorded = event()
    return recorded ? toDateInput(recorded.recordedAt) : ''
  }
  // Every digit makes another date: only the one somebody stops at is asked for.
  let typing: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(typing))
  return (
    <div class="w-full min-w-0 sm:w-auto">
      <div class="flex items-end gap-1">
        <TextInput
          type="datetime-local"
          step="1"
          label={props.label}
          class="min-w-0 flex-1 sm:w-60 sm:flex-none"
          value={shown()}
          error={found.words()}
          onInput={(text) => {
            clearTimeout(typing)
            const moment = fromDateInput(text)
            if (moment !== undefined) typing = setTimeout(() => props.onChange(moment), typingMs)
          }}
        />
        <IconButton
          label={`${props.label}: one event earlier`}
          disabled={beside('previous') === undefined}
          onClick={() => step('previous')}
          icon={<ChevronLeft class="size-4" aria-hidden="true" />}
        />
        <IconButton
          label={`${props.label}: one event later`}
          disabled={beside('next') === undefined}
          onClick={() => step('next')}
          icon={<ChevronRight class="size-4" aria-hidden="true" />}
        />
      </div>
      <p class="mt-1 min-h-5 text-xs wrap-anywhere text-ink-muted" aria-live="polite">
        <Show when={event()} fallback={found.value() ? 'Before the first event.' : ''}>
          {(last) => (
            <>
              {props.value === '' ? 'Now, behind ' : 'Just behind '}
              {last().type}, {formatInstant(last().recordedAt)}, position {formatPosition(last().position)}
            </>
          )}
        </Show>
      </p>
    </div>
  )
}
