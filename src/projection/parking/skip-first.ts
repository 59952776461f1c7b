import { PlatformError } from '#kernel/platform-error.ts'
import type { QueryRunner } from '#storage/client.ts'
import type { Projector } from '../projector.ts'
import { countParked, loadParkedRows, nameFirstParked, removeParked } from './parked-rows.ts'
import { refuseWhileRebuilt } from './refuse-while-rebuilt.ts'
import { type Skip, saveSkipped } from './skipped-events.ts'

/** Takes the first parked event of a stream off the list for good, in one transaction with the note that it is left out. */
export async function skipFirst(projector: Projector, sql: QueryRunner, skip: Skip): Promise<void> {
  const { stream, eventId } = skip
  await projector.inTurn(async (turn) => {
    await refuseWhileRebuilt(sql, projector.id)
    const [first] = await loadParkedRows(sql, projector.id, [stream], 1)
    if (first?.eventId !== eventId)
      throw new PlatformError(
        'not-found',
        `${eventId} is not the first parked event of ${stream} any more: look again.`,
      )
    await turn.commit(async (tx) => {
      const touched = await removeParked(tx, projector.id, [first])
      await saveSkipped(tx, projector.id, skip, touched[0])
      await nameFirstParked(tx, projector.id, [stream])
      return { rows: new Map(), touched }
    })
    turn.noteSkipped(eventId)
    turn.noteParked(await countParked(sql, projector.id, [stream]))
  })
}
