import { createEffect, createRoot } from 'solid-js'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { PushedAction } from './action-ledger.ts'

/**
 * What became of an action, as far as a form should wait for it: its end while the device is online, and that it is kept
 * as soon as it is not.
 */
export type ActionOutcome =
  /** On the device; it is sent when there is a connection again. */
  | { readonly is: 'kept' }
  | { readonly is: 'accepted' }
  /** Done, in another way than asked for. */
  | { readonly is: 'changed'; readonly words: string }
  | { readonly is: 'refused'; readonly kind: string; readonly words: string }
  /** The device had no room: nothing was sent, and what was typed should stay. */
  | { readonly is: 'not-kept'; readonly words: string }

export async function outcomeOf(pushed: PushedAction, isOnline: () => boolean): Promise<ActionOutcome> {
  try {
    await pushed.kept
  } catch (error) {
    return { is: 'not-kept', words: error instanceof Error ? error.message : String(error) }
  }
  const offline = whenOffline(isOnline)
  const outcome = await Promise.race([pushed.then(toOutcome), offline.promise])
  offline.stop()
  return outcome
}

function whenOffline(isOnline: () => boolean): { readonly promise: Promise<ActionOutcome>; stop(): void } {
  const { promise, resolve } = Promise.withResolvers<ActionOutcome>()
  const stop = createRoot((dispose) => {
    createEffect(() => isOnline() || resolve({ is: 'kept' }))
    return dispose
  })
  return { promise, stop }
}

function toOutcome(answer: Answer): ActionOutcome {
  if (answer.outcome !== 'accepted') return { is: 'refused', kind: answer.kind, words: answer.words }
  return answer.changed === undefined ? { is: 'accepted' } : { is: 'changed', words: answer.changed }
}
