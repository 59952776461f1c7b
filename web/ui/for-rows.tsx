import { createEffect, createMemo, createSignal, For, type JSX, onCleanup } from 'solid-js'
import { afterNextFrame } from './after-next-frame.ts'

/** About what a screen shows; the rows after these come a frame later. */
const firstCount = 8

/**
 * `For`, where there may be many rows: those that fill a screen at once, and all others as soon as the browser has drawn
 * these, twice as many each time. A list that has been whole stays whole.
 */
export function ForRows<T extends object>(props: {
  readonly each: readonly T[]
  readonly children: (row: T, index: () => number) => JSX.Element
}): JSX.Element {
  const [countMax, setCountMax] = createSignal(firstCount)
  const isCut = createMemo(() => props.each.length > countMax())
  const shown = createMemo(() => (isCut() ? props.each.slice(0, countMax()) : props.each))
  createEffect(() => {
    const count = countMax()
    if (isCut()) onCleanup(afterNextFrame(() => setCountMax(count * 2)))
    else if (props.each.length > 0) setCountMax(Number.POSITIVE_INFINITY)
  })
  return <For each={shown()}>{props.children}</For>
}
