import type { ScavengeProgress } from '../upkeep/scavenger.ts'
import type { FurtherFigures } from './statistics-report.ts'

/** The scavenge under way, or the last one since the start; nothing before the first. */
export function reportScavenge(progress: ScavengeProgress | undefined): FurtherFigures {
  if (!progress) return {}
  const { scavengeId: id, startedAt, result, lookedAtStreamCount, streamCount } = progress
  const shown = {
    id,
    isRunning: result === undefined,
    startedAt,
    share: result === undefined ? Math.min(1, lookedAtStreamCount / Math.max(1, streamCount)) : 1,
    removedEvents: progress.removedEventCount,
    removedBytes: progress.removedBytes,
  }
  return { 'es-scavenge': JSON.stringify(shown) }
}
