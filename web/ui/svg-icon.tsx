import { type JSX, mergeProps, splitProps } from 'solid-js'
import { insert, spread } from 'solid-js/web'

/** An icon's drawing, as the icon library has it. */
type IconDrawing = {
  readonly name: string
  readonly node: readonly (readonly [element: string, attributes: Readonly<Record<string, string | number>>])[]
}

/** What the icons of the library take. */
export type SvgIconProps = JSX.SvgSVGAttributes<SVGSVGElement> & {
  readonly icon: IconDrawing
  readonly size?: number | string
  readonly strokeWidth?: number | string
  /** The stroke is as wide as said, however large the icon is. */
  readonly absoluteStrokeWidth?: boolean
  readonly nonScalingStroke?: boolean
}

/**
 * Shows a drawing of the icon library, made once and copied from then on. The library's own component makes each element of
 * each copy anew, with its own bookkeeping: in a list that has three icons a row that was a large part of the time to draw it.
 * As there, an icon that says nothing of itself is hidden from screen readers.
 */
export function SvgIcon(props: SvgIconProps): JSX.Element {
  const [own, rest] = splitProps(props, [
    'icon',
    'size',
    'strokeWidth',
    'absoluteStrokeWidth',
    'nonScalingStroke',
    'color',
    'children',
  ])
  const copy = drawn(own.icon).cloneNode(true) as SVGSVGElement
  if (own.nonScalingStroke) for (const part of copy.children) part.setAttribute('vector-effect', 'non-scaling-stroke')
  const looks = {
    get width() {
      return own.size ?? frame.width
    },
    get height() {
      return own.size ?? frame.height
    },
    get stroke() {
      return own.color ?? frame.stroke
    },
    get 'stroke-width'() {
      const width = own.strokeWidth ?? frame['stroke-width']
      return own.absoluteStrokeWidth ? (Number(width) * frame.width) / Number(own.size ?? frame.width) : width
    },
    get 'aria-hidden'() {
      return own.children || isNamed(rest) ? undefined : ('true' as const)
    },
  }
  spread(copy, mergeProps(looks, rest), true, true)
  if (own.children) insert(copy, () => own.children, null)
  return copy
}

function isNamed(props: object): boolean {
  return Object.keys(props).some((name) => name.startsWith('aria-') || name === 'role' || name === 'title')
}

const namespace = 'http://www.w3.org/2000/svg'
const frame = {
  width: 24,
  height: 24,
  viewBox: '0 0 24 24',
  fill: 'none',
  stroke: 'currentColor',
  'stroke-width': 2,
  'stroke-linecap': 'round',
  'stroke-linejoin': 'round',
}
const known = new WeakMap<IconDrawing, SVGElement>()

function drawn(icon: IconDrawing): SVGElement {
  const before = known.get(icon)
  if (before) return before
  const made = element('svg', frame)
  for (const [name, { key: _, ...attributes }] of icon.node) made.append(element(name, attributes))
  known.set(icon, made)
  return made
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS(namespace, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value))
  return made
}
