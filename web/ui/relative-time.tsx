import type { JSX } from 'solid-js'
import { createNow } from './create-now.ts'
import { formatAge, formatInstant } from './format.ts'

/** `12 s ago`, counting; the exact time is its tooltip. */
export function RelativeTime(props: { readonly at: number; readonly class?: string }): JSX.Element {
  const now = createNow()
  return (
    <time
      datetime={new Date(props.at).toISOString()}
      title={formatInstant(props.at)}
      class={`whitespace-nowrap tabular-nums ${props.class ?? ''}`}
    >
      {formatAge(props.at, Math.max(now(), Date.now() - 1_000))}
    </time>
  )
}
