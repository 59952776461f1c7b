import { type JSX, splitProps } from 'solid-js'

export type IconButtonProps = Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, 'children'> & {
  /** What it does, for screen readers and as a tooltip. */
  readonly label: string
  readonly icon: JSX.Element
  readonly tone?: 'plain' | 'quiet'
}

export function IconButton(props: IconButtonProps): JSX.Element {
  const [own, rest] = splitProps(props, ['label', 'icon', 'tone', 'class'])
  return (
    <button
      type="button"
      aria-label={own.label}
      title={own.label}
      {...rest}
      class={`${iconControl} ${own.tone === 'plain' ? 'border-line bg-raised' : 'border-transparent'} ${own.class ?? ''}`}
    >
      {own.icon}
    </button>
  )
}

export type IconLinkProps = Omit<JSX.AnchorHTMLAttributes<HTMLAnchorElement>, 'children' | 'href'> & {
  readonly href: string
  readonly label: string
  readonly icon: JSX.Element
}

export function IconLink(props: IconLinkProps): JSX.Element {
  const [own, rest] = splitProps(props, ['href', 'label', 'icon', 'class'])
  return (
    <a
      href={own.href}
      aria-label={own.label}
      title={own.label}
      {...rest}
      class={`${iconControl} border-transparent ${own.class ?? ''}`}
    >
      {own.icon}
    </a>
  )
}

const iconControl =
  'inline-flex size-touch shrink-0 items-center justify-center rounded-control border text-ink transition-colors ' +
  'duration-100 hover:bg-hover active:bg-sunken disabled:cursor-not-allowed disabled:opacity-45 [&_svg]:size-5'
