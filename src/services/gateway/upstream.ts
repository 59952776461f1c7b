import type { CancelSignal } from '#vortex/calling/cancel.ts'
import type { KnownEffect } from '#vortex/protocol/action-effect.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import type { Ask } from '#vortex/protocol/call.ts'
import type { DevicesReport } from '#vortex/protocol/devices-report.ts'
import type { Looked } from '#vortex/protocol/passed-request.ts'
import type { Principal } from '#vortex/protocol/principal.ts'
import type { Selector } from '#vortex/protocol/row.ts'
import type { Snapshot } from '#vortex/protocol/snapshot.ts'
import type { Act } from '#vortex/protocol/up.ts'

/** The way from a device edge to logic: over the service link, or straight when it is logic's own edge. */
export interface Upstream {
  /** Never rejects: without logic the answer is `failed`, which asks the device to send again. */
  act(act: Act, body: string, by: Principal): Promise<Answer>
  /** Rejects with what logic said, or `unavailable`. */
  snapshot(name: string, selector: Selector, by: Principal): Promise<Snapshot>
  /** What became of the asker's own actions that are not in the rows: the body of `peek.effects`. Rejects likewise. */
  effects(known: readonly KnownEffect[], by: Principal): Promise<string>
  /** How far the read model of an observable has looked through the log. Rejects likewise. */
  looked(observable: string, position: string): Promise<Looked>
  /** A call of one part of a plugin to another, from a screen. Rejects likewise. */
  call(by: Principal, ask: Ask, body: string, signal: CancelSignal): Promise<string>
  /** What is known of devices. Rejects until logic has it. Where this is not given nobody keeps account of devices. */
  tellDevices?(report: DevicesReport): Promise<void>
  state(): { readonly online: boolean; readonly words: string }
  onState(listener: (state: { readonly online: boolean; readonly words: string }) => void): () => void
}
