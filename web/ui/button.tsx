import LoaderCircle from 'lucide-solid/icons/loader-circle'
import { type JSX, Show, splitProps } from 'solid-js'

export type ButtonTone = 'plain' | 'primary' | 'danger' | 'quiet'

export type ButtonProps = Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, 'onClick'> & {
  readonly tone?: ButtonTone
  /** The work it started is under way: it keeps its width and focus, and cannot be pressed again. */
  readonly busy?: boolean
  readonly icon?: JSX.Element
  onClick?(event: MouseEvent): void
}

/** As tall as the app's touch size: 48 px in the field, compact at a desk. */
export function Button(props: ButtonProps): JSX.Element {
  const [own, rest] = splitProps(props, ['tone', 'busy', 'icon', 'class', 'children', 'onClick'])
  return (
    <button
      type="button"
      {...rest}
      aria-busy={own.busy ? 'true' : undefined}
      aria-disabled={own.busy ? 'true' : undefined}
      onClick={(event) => (own.busy ? event.preventDefault() : own.onClick?.(event))}
      class={`${shape} ${tones[own.tone ?? 'plain']} ${own.class ?? ''}`}
    >
      <Show when={own.busy} fallback={own.icon}>
        <LoaderCircle class="size-4 animate-spin" aria-hidden="true" />
      </Show>
      {own.children}
    </button>
  )
}

const shape =
  'inline-flex min-h-touch items-center justify-center gap-2 rounded-control border px-[calc(var(--spacing-touch)*0.38)] ' +
  'text-sm font-medium whitespace-nowrap select-none transition-colors duration-100 ' +
  'disabled:cursor-not-allowed disabled:opacity-55 aria-busy:opacity-80 [&_svg]:shrink-0'

const tones: Record<ButtonTone, string> = {
  plain: 'border-line bg-raised text-ink hover:bg-hover active:bg-sunken',
  primary: 'border-transparent bg-accent text-on-accent hover:bg-accent-hover',
  danger: 'border-transparent bg-alarm text-on-alarm hover:bg-alarm-hover',
  quiet: 'border-transparent bg-transparent text-ink hover:bg-hover',
}
