import { logStart, type Position } from '#kernel/position.ts'
import type { DifferenceFinder, RebuildProver } from '../rebuild-ports.ts'
import type { RebuildProof } from '../rebuild-state.ts'

/** A prover that believes everything, and remembers which events it was shown: for tests of the folding alone. */
export function createTrustingProver(): RebuildProver & { readonly eventIds: () => readonly string[] } {
  let noted: Position = logStart
  let eventIds: string[] = []
  const proof = (): RebuildProof => ({ outcome: 'equal', sampleShare: 0, position: noted, tables: [], examples: [] })
  return {
    eventIds: () => eventIds,
    noted: () => noted,
    note: (plan, upTo) => {
      for (const { event } of plan) eventIds.push(event.id)
      noted = upTo
    },
    forget: () => {
      noted = logStart
      eventIds = []
    },
    heldRows: () => 0,
    prove: async () => proof(),
  }
}

/** A finder that finds no difference. */
export function createBlindFinder(): DifferenceFinder {
  return {
    compare: async () => ({ added: 0, removed: 0, changed: 0 }),
    note: () => undefined,
    noteLive: async () => undefined,
    meet: async () => ({}),
  }
}
