import Check from 'lucide-solid/icons/check'
import CircleAlert from 'lucide-solid/icons/circle-alert'
import Clock from 'lucide-solid/icons/clock'
import LoaderCircle from 'lucide-solid/icons/loader-circle'
import Minus from 'lucide-solid/icons/minus'
import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import type { JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'

/** `normal`, `idle`, `busy` and `waiting` are grey: only what needs somebody has a colour. */
export type StatusTone = 'normal' | 'idle' | 'busy' | 'waiting' | 'warning' | 'alarm'

export type StatusPillProps = {
  readonly tone: StatusTone
  readonly children: JSX.Element
  readonly title?: string | undefined
  readonly class?: string
}

/** A state as a shape, a word and, only when abnormal, a colour. */
export function StatusPill(props: StatusPillProps): JSX.Element {
  return (
    <span
      title={props.title}
      class={`inline-flex items-center gap-1.5 rounded-full border px-2 py-0.5 text-xs font-medium whitespace-nowrap ${looks[props.tone].box} ${props.class ?? ''}`}
    >
      <Dynamic
        component={looks[props.tone].icon}
        class={`size-3.5 shrink-0 ${looks[props.tone].mark}`}
        aria-hidden="true"
      />
      {props.children}
    </span>
  )
}

/** A small count or word beside a name. */
export function Badge(props: { readonly children: JSX.Element; readonly title?: string }): JSX.Element {
  return (
    <span
      title={props.title}
      class="inline-flex min-w-5 items-center justify-center rounded-full bg-sunken px-1.5 text-xs leading-5 font-medium text-ink-muted tabular-nums"
    >
      {props.children}
    </span>
  )
}

const grey = 'border-line bg-sunken text-ink'
const looks = {
  normal: { icon: Check, box: grey, mark: 'text-ink-muted' },
  idle: { icon: Minus, box: grey, mark: 'text-ink-muted' },
  busy: { icon: LoaderCircle, box: grey, mark: 'animate-spin text-ink-muted' },
  waiting: { icon: Clock, box: grey, mark: 'text-ink-muted' },
  warning: { icon: TriangleAlert, box: 'border-warning/50 bg-warning-soft text-ink', mark: 'text-warning' },
  alarm: { icon: CircleAlert, box: 'border-alarm/50 bg-alarm-soft text-ink', mark: 'text-alarm' },
} as const
