import { type JSX, splitProps } from 'solid-js'

/** Rows in a frame; `bare` where a card is the frame. */
export function List(props: {
  readonly label: string
  readonly bare?: boolean
  readonly children: JSX.Element
}): JSX.Element {
  return (
    <ul
      aria-label={props.label}
      class={`divide-y divide-line overflow-hidden ${farRows} ${props.bare ? '' : 'rounded-card border border-line bg-surface'}`}
    >
      {props.children}
    </ul>
  )
}

/** Rows far below are laid out when they come near; until then each counts as high as one with a single line. */
const farRows =
  '[&>li:nth-child(n+13)]:[contain-intrinsic-size:auto_4.5rem] [&>li:nth-child(n+13)]:[content-visibility:auto]'

export type ListRowProps = JSX.LiHTMLAttributes<HTMLLIElement> & {
  /** Controls at the end of the row; they wrap below on narrow screens. */
  readonly actions?: JSX.Element
  /** Notices about this row, across its whole width. */
  readonly notice?: JSX.Element
}

export function ListRow(props: ListRowProps): JSX.Element {
  const [own, rest] = splitProps(props, ['actions', 'notice', 'children', 'class'])
  return (
    <li {...rest} class={`px-4 py-3 sm:px-5 ${own.class ?? ''}`}>
      <div class="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div class="min-w-0 flex-1 basis-48">{own.children}</div>
        <div class="flex flex-wrap items-center gap-2 max-sm:w-full">{own.actions}</div>
      </div>
      {own.notice}
    </li>
  )
}
