import type { ChangeEvent } from '#event-store/change-event.ts'
import type { ChangeStream } from './change-stream.ts'
import type { Checkpoint } from './checkpoint.ts'
import { renewIncarnation } from './open-read-model.ts'
import type { ProjectorOptions } from './projector-options.ts'

/**
 * Compares what was committed with what was announced: a crash between the two, or a restored backup of either, leaves
 * a difference. Then, or after a reset, watchers are told to look again, under a new incarnation. Answers the incarnation.
 */
export async function reconcile(
  options: ProjectorOptions & { readonly checkpoint: Checkpoint; readonly mustResync: boolean },
  changes: ChangeStream,
): Promise<string> {
  const { checkpoint, definition, log, mustResync } = options
  const last = changes.last()
  if (!mustResync && last && agrees(last, checkpoint)) return checkpoint.incarnation
  if (!mustResync && last)
    log.info('committed and announced differ: watchers will look again', {
      committed: checkpoint.position,
      announced: last.to,
    })
  const incarnation = await renewIncarnation(options)
  const mark = { incarnation, version: definition.version, from: checkpoint.position, to: checkpoint.position }
  await changes.announceResync(mark)
  return incarnation
}

/** The last commit was announced, all parts of it. */
export function agrees(last: ChangeEvent, checkpoint: Checkpoint): boolean {
  const isWhole = last.kind === 'resync' || last.part === last.parts - 1
  return isWhole && last.incarnation === checkpoint.incarnation && last.to === checkpoint.position
}
