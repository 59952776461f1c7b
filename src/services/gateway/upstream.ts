import type { Answer } from '#vortex/protocol/answer.ts'
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
  state(): { readonly online: boolean; readonly words: string }
  onState(listener: (state: { readonly online: boolean; readonly words: string }) => void): () => void
}
