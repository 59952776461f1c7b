import { findStoreAddresses } from '#config/stores-file.ts'
import type { RecordedEvent } from '#event-store/event-store.ts'
import { openKurrentEventStore } from '#event-store/kurrent/kurrent-event-store.ts'
import { parseMetadata } from '#event-store/metadata.ts'
import { entityStream } from '#event-store/stream-name.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import type { Watched } from '#support/device.ts'
import type { Tapper } from './tapping.ts'

/** Holds what people were told against the log itself. Throws with every disagreement. */
export async function checkHistory(options: {
  home: string
  tappers: readonly Tapper[]
  rows: readonly string[]
  pages: readonly Watched[]
}): Promise<void> {
  const { home, tappers, rows, pages } = options
  const problems: string[] = []
  const { eventStore = '' } = findStoreAddresses(home)
  const store = await openKurrentEventStore({
    connectionString: eventStore,
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  })
  try {
    for (const row of rows) {
      const events = await readWhole((from) =>
        store.readStream(entityStream('tutorial', 'StringInt', row), { from, countMax: 1_000 }),
      )
      problems.push(...compare(row, events, tappers))
    }
  } finally {
    await store.close()
  }
  pages.forEach((page, index) => {
    const positions = page.positions()
    const back = positions.findIndex((position, at) => at > 0 && position < (positions[at - 1] ?? ''))
    if (back > 0) problems.push(`page ${index} was shown ${positions[back]} after ${positions[back - 1]}`)
  })
  if (problems.length > 0)
    throw new Error(`The log and what people were told disagree:\n${problems.slice(0, 20).join('\n')}`)
}

function compare(row: string, events: readonly RecordedEvent[], tappers: readonly Tapper[]): string[] {
  const problems: string[] = []
  const recorded = events.map((event) => event.id)
  const twice = recorded.filter((id, index) => recorded.indexOf(id) !== index)
  problems.push(...twice.map((id) => `action ${id} is in the log twice`))
  for (const { device, taps } of tappers) {
    const accepted = taps.filter((tap) => tap.row === row && tap.answer?.outcome === 'accepted').map((tap) => tap.id)
    const ofDevice = events
      .filter((event) => parseMetadata(event.metadata).device === device.id)
      .map((event) => event.id)
    const missing = accepted.filter((id) => !ofDevice.includes(id))
    problems.push(...missing.map((id) => `action ${id} was acknowledged and is not in the log`))
    if (missing.length === 0 && accepted.join() !== ofDevice.join())
      problems.push(`row ${row}: the taps of ${device.id} are in another order, or more than were made`)
    const unfinished = taps.filter((tap) => tap.answer?.outcome !== 'accepted')
    problems.push(...unfinished.map((tap) => `tap ${tap.id} ended as ${JSON.stringify(tap.answer)}`))
  }
  return problems
}

async function readWhole(read: (from: number) => Promise<readonly RecordedEvent[]>): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = []
  for (;;) {
    const page = await read(events.length)
    if (page.length === 0) return events
    events.push(...page)
  }
}
