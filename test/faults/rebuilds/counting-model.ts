/**
 * What the tutorial's rows must be at any position of the log: a fold of its own, a few lines over plain maps. Reads of
 * live tables and of screens are kept as a position and a digest, and held against it later.
 */
import type { EventStore, RecordedEvent } from '#event-store/event-store.ts'
import { comparePositions, logStart, type Position } from '#kernel/position.ts'

export type ShownRow = { readonly id: string; readonly string1: string; readonly int1: number }
type Sample = { readonly who: string; readonly position: Position; readonly digest: string; readonly rowCount: number }

export interface CountingModel {
  /** These rows were read, and said to stand at this position. */
  note(who: string, position: Position, rows: Iterable<ShownRow>): void
  /**
   * Reads the log on as far as all of the readers have come, or to its end, and says what of the noted was never so.
   */
  check(store: EventStore, options?: { readonly isLast?: boolean }): Promise<readonly string[]>
  checkedCount(): number
}

const pageCount = 5_000

export function createCountingModel(): CountingModel {
  const rows = new Map<string, ShownRow>()
  let position: Position = logStart
  let digest = digestOf(rows.values())
  let samples: Sample[] = []
  /** How far each reader has come, also those of whom nothing new was noted since the last check. */
  const newest = new Map<string, Position>()
  let checked = 0

  const take = ({ type, data }: RecordedEvent): void => {
    const id = String(data.stringIntId)
    const row = rows.get(id)
    if (type === 'tutorial.AddStringInt') rows.set(id, { id, string1: String(data.string1), int1: Number(data.int1) })
    else if (type === 'tutorial.AddIntValue' && row) rows.set(id, { ...row, int1: row.int1 + Number(data.offset) })
  }

  const readOn = async function* (store: EventStore): AsyncGenerator<RecordedEvent> {
    const filter = { on: 'type', prefixes: ['tutorial.'] } as const
    for (let beyond = position; ; ) {
      const page = await store.readLog({ beyond, direction: 'forwards', countMax: pageCount, filter })
      yield* page
      const last = page.at(-1)
      if (!last) return
      beyond = last.position
    }
  }

  return {
    note: (who, at, shown) => {
      const list = [...shown]
      samples.push({ who, position: at, digest: digestOf(list), rowCount: list.length })
      const known = newest.get(who)
      if (!known || comparePositions(at, known) > 0) newest.set(who, at)
    },
    check: async (store, { isLast = false } = {}) => {
      const problems: string[] = []
      const limit = isLast ? undefined : oldestOf(newest.values())
      const isDue = (sample: Sample): boolean => limit === undefined || comparePositions(sample.position, limit) <= 0
      const due = samples.filter(isDue).sort((a, b) => comparePositions(a.position, b.position))
      samples = samples.filter((sample) => !isDue(sample))
      let next = 0
      /** All that stand before this position are of the state as it is. */
      const hold = (until: Position | undefined): void => {
        for (let sample = due[next]; sample; sample = due[++next]) {
          if (until !== undefined && comparePositions(sample.position, until) >= 0) return
          checked++
          const words = `${sample.who} at ${sample.position}, with ${sample.rowCount} rows`
          if (comparePositions(sample.position, position) < 0) problems.push(`${words}, went back before ${position}`)
          else if (sample.digest !== digest)
            problems.push(`${words}: not those of the ${rows.size} the log gives there`)
        }
      }
      for await (const event of readOn(store)) {
        if (limit !== undefined && comparePositions(event.position, limit) > 0) break
        hold(event.position)
        take(event)
        position = event.position
        digest = digestOf(rows.values())
      }
      hold(undefined)
      return problems
    },
    checkedCount: () => checked,
  }
}

/** The place up to which nobody has anything more to say, unless they went back. */
function oldestOf(newest: Iterable<Position>): Position {
  const [first = logStart, ...others] = newest
  return others.reduce((oldest, one) => (comparePositions(one, oldest) < 0 ? one : oldest), first)
}

function digestOf(rows: Iterable<ShownRow>): string {
  let sum = 0n
  for (const { id, string1, int1 } of rows) sum += Bun.hash.xxHash64(`${id} ${string1} ${int1}`)
  return (sum & ((1n << 64n) - 1n)).toString(16)
}
