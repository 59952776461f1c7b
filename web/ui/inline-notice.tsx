import CircleAlert from 'lucide-solid/icons/circle-alert'
import Info from 'lucide-solid/icons/info'
import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import X from 'lucide-solid/icons/x'
import { type JSX, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'

export type NoticeTone = 'info' | 'warning' | 'alarm'

export type InlineNoticeProps = {
  readonly tone?: NoticeTone
  /** Without it the notice cannot be dismissed. */
  onDismiss?(): void
  readonly actions?: JSX.Element
  readonly testId?: string
  readonly class?: string
  readonly children: JSX.Element
}

/** Says something right where it matters: a refusal beside its row, a warning above a table. Read out at once. */
export function InlineNotice(props: InlineNoticeProps): JSX.Element {
  const tone = () => props.tone ?? 'alarm'
  return (
    <div
      role={tone() === 'info' ? 'status' : 'alert'}
      data-testid={props.testId}
      class={`flex items-start gap-2.5 rounded-control border px-3 py-2 text-sm ${looks[tone()].box} ${props.class ?? ''}`}
    >
      <Dynamic
        component={looks[tone()].icon}
        class={`mt-0.5 size-4 shrink-0 ${looks[tone()].mark}`}
        aria-hidden="true"
      />
      <div class="min-w-0 flex-1 wrap-anywhere">{props.children}</div>
      <Show when={props.actions}>
        <div class="-my-1 flex shrink-0 items-center gap-2">{props.actions}</div>
      </Show>
      <Show when={props.onDismiss}>
        <button
          type="button"
          aria-label="Dismiss"
          title="Dismiss"
          onClick={() => props.onDismiss?.()}
          class="-my-2 -mr-3 inline-flex size-touch shrink-0 items-center justify-center rounded-control hover:bg-hover"
        >
          <X class="size-4" aria-hidden="true" />
        </button>
      </Show>
    </div>
  )
}

const looks = {
  info: { icon: Info, box: 'border-line bg-sunken text-ink', mark: 'text-ink-muted' },
  warning: { icon: TriangleAlert, box: 'border-warning/45 bg-warning-soft text-ink', mark: 'text-warning' },
  alarm: { icon: CircleAlert, box: 'border-alarm/45 bg-alarm-soft text-ink', mark: 'text-alarm' },
} as const
