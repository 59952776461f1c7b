import type { JSX } from 'solid-js'
import { formatInstant, formatMoment } from './format.ts'

/** A time of day, with the date when it is not today's. Stands still, so a screen reader says it once. */
export function Moment(props: { readonly at: number }): JSX.Element {
  return (
    <time
      datetime={new Date(props.at).toISOString()}
      title={formatInstant(props.at)}
      class="whitespace-nowrap tabular-nums"
    >
      {formatMoment(props.at, Date.now())}
    </time>
  )
}
