import { type Accessor, createEffect, createSignal, on, onCleanup } from 'solid-js'

/**
 * Follows a value once it has stayed as it is for so long: what comes and goes in between is never seen. For what is read
 * out, and for marks that would only flicker.
 */
export function createSettled<T>(value: Accessor<T>, settleMs: number): Accessor<T> {
  const [settled, setSettled] = createSignal(value())
  let timer: ReturnType<typeof setTimeout> | undefined
  createEffect(
    on(
      value,
      (next) => {
        clearTimeout(timer)
        timer = setTimeout(() => setSettled(() => next), settleMs)
      },
      { defer: true },
    ),
  )
  onCleanup(() => clearTimeout(timer))
  return settled
}
