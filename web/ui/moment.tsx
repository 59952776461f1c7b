import { createSignal, type JSX, onMount } from 'solid-js'
import { formatInstant, formatMoment, plainMoment } from './format.ts'
import { whenIdle } from './when-idle.ts'

/** Browsers need tens of milliseconds to make the formats of a language: not while the first screen is on its way. */
const [areFormatsMade, setFormatsMade] = createSignal(false)
let isAsked = false

function makeFormatsLater(): void {
  if (isAsked) return
  isAsked = true
  whenIdle(() => {
    formatInstant(0)
    setFormatsMade(true)
  })
}

/**
 * A time of day, with the date when it is not today's. Stands still, so a screen reader says it once. For the first
 * moments of a page it is written as everywhere, then as in the reader's language.
 */
export function Moment(props: { readonly at: number }): JSX.Element {
  const [isPointedAt, setPointedAt] = createSignal(false)
  onMount(makeFormatsLater)
  return (
    <time
      datetime={new Date(props.at).toISOString()}
      title={isPointedAt() ? formatInstant(props.at) : undefined}
      onPointerEnter={() => setPointedAt(true)}
      // Notices say it once, however it is written afterwards.
      aria-live="off"
      class="whitespace-nowrap tabular-nums"
    >
      {areFormatsMade() ? formatMoment(props.at, Date.now()) : plainMoment(props.at, Date.now())}
    </time>
  )
}
