/**
 * Four consumers of a persistent subscription are killed at random, and the event store now and then, while events are
 * appended. Afterwards every acknowledged event was handled at least once or is listed as parked; what is parked can be
 * replayed and is then gone from the list; and after an orderly restart nothing comes twice.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSeededRandom } from '#kernel/random.ts'
import { freePorts } from '#support/free-ports.ts'
import { CompetingConsumers } from './consumers/consumer-crowd.ts'
import { EventStoreProcess } from './consumers/event-store-process.ts'
import { GroupsUnderTest } from './consumers/groups-under-test.ts'
import { within } from './kills.ts'

const settleMsMax = 120_000
const handledBetweenKills = 80

export async function runCompetingConsumers({ runs, seed }: { runs: number; seed: number }): Promise<void> {
  const random = createSeededRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'competing-consumers-'))
  // Not one of the system's: those go to others while the event store is down.
  const { PEEK_LOGIC_PORT: port } = await freePorts()
  const store = await EventStoreProcess.start(join(folder, 'events.db'), Number(port))
  const consumers = new CompetingConsumers(store.connectionString, random)
  const groups = new GroupsUnderTest(store.connectionString)
  const kills = { consumers: 0, store: 0 }
  try {
    await groups.create()
    consumers.start({ takesEverything: false })
    const appending = groups.appendUntilStopped()
    for (let run = 1; run <= runs; run++) {
      const seen = consumers.handledCount
      if (random() < 0.2) {
        kills.store++
        await store.killAndStart()
      } else {
        kills.consumers++
        consumers.killOne()
      }
      // Mostly work goes on before the next blow; sometimes blows fall on one that is still down.
      if (random() < 0.8)
        await within(
          settleMsMax,
          until(() => consumers.handledCount >= seen + handledBetweenKills),
          'events are handled again',
        )
    }
    groups.stopAppending()
    await within(settleMsMax, appending, 'the last appends are acknowledged')
    await within(
      settleMsMax,
      until(() => groups.isAllHandledOrParked(consumers)),
      'every event is handled or parked',
    )
    await groups.checkParked(consumers)

    await consumers.killAll()
    consumers.start({ takesEverything: true })
    await groups.replayParked()
    await store.killAndStart()
    await within(
      settleMsMax,
      until(async () => {
        await groups.replayParked()
        return (await groups.parkedCount()) === 0 && consumers.hasHandledAll(groups.acknowledgedCount)
      }),
      'what was parked is handled',
    )

    await groups.untilNothingIsLeft()
    await consumers.killAll()
    await store.stopAndStart()
    consumers.forget()
    consumers.start({ takesEverything: true })
    const last = await groups.appendOne()
    await within(
      settleMsMax,
      until(() => consumers.hasHandled(last)),
      'what is new is handled',
    )
    consumers.checkHandledOnly(last)
    const { acknowledgedCount: events } = groups
    console.log(JSON.stringify({ fault: 'competing-consumers', runs, seed, kills, events, lost: 0 }))
  } finally {
    await consumers.killAll()
    await groups.close()
    await store.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function until(claim: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await claim())) await Bun.sleep(20)
}
