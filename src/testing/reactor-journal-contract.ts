import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { type Position, toPosition } from '#kernel/position.ts'
import type { NotedEvent, ReactorJournal } from '#reactor/reactor-journal.ts'

/** What every journal of a reactor must do. `fresh` gives a reactor nobody has opened: a journal of it for each epoch. */
export function describeReactorJournal(name: string, fresh: () => (epoch: number) => ReactorJournal): void {
  describe(name, () => {
    test('begins where it is told to, once ever', async () => {
      const journal = fresh()
      expect(await open(journal(1), at(5))).toMatchObject({ position: at(5), doneCount: 0, deadCount: 0 })
      expect(await open(journal(1), at(9))).toMatchObject({ position: at(5) })
    })

    test('P1 keeps the checkpoint, the count, and what was noted and settled, all or nothing', async () => {
      const journal = fresh()
      const ours = journal(1)
      await open(ours)
      const [first, behind, other] = [noted('a', 0, 1, failed), noted('a', 3, 4), noted('b', 0, 2, failed)]
      await ours.commit({ from: at(0), to: at(3), doneCount: 2, notes: [first, behind, other], settled: [] })
      expect(await ours.firstNoted('a', false)).toEqual(first)
      await ours.commit({ from: at(3), to: at(4), doneCount: 1, notes: [], settled: [first.eventId] })
      expect(await ours.firstNoted('a', false)).toEqual(behind)
      const opened = await open(journal(2))
      expect(opened).toMatchObject({ position: at(4), doneCount: 3, deadCount: 0 })
      expect(opened.held).toEqual(
        new Map([
          ['a', { count: 1, first: behind }],
          ['b', { count: 1, first: other }],
        ]),
      )
    })

    test('knows again what was noted ahead of the checkpoint', async () => {
      const journal = fresh()
      const ours = journal(1)
      await open(ours)
      const ahead = noted('a', 2, 7, failed)
      await ours.commit({
        from: at(0),
        to: at(1),
        doneCount: 0,
        notes: [noted('b', 0, 1, failed), ahead],
        settled: [],
      })
      expect([...(await open(ours)).knownAhead]).toContain(ahead.eventId)
      await ours.commit({ from: at(1), to: at(9), doneCount: 0, notes: [], settled: [] })
      expect([...(await open(ours)).knownAhead]).toEqual([])
    })

    test('a note that arrives again as new changes nothing; one more try does', async () => {
      const ours = fresh()(1)
      await open(ours)
      const first = noted('a', 0, 1, failed)
      await ours.commit({ from: at(0), to: at(1), doneCount: 0, notes: [first], settled: [] })
      const again = { ...first, tries: 0, words: '', firstTriedAt: null, lastTriedAt: null, nextTryAt: null }
      await ours.commit({ from: at(1), to: at(1), doneCount: 0, notes: [again], settled: [] })
      expect(await ours.firstNoted('a', false)).toEqual(first)
      const tried = { ...first, tries: 2, words: 'still down', lastTriedAt: 3_000, nextTryAt: 9_000 }
      await ours.commit({ from: at(1), to: at(1), doneCount: 0, notes: [tried], settled: [] })
      expect(await ours.firstNoted('a', false)).toEqual(tried)
    })

    test('lists dead letters by the page, the newest failure last', async () => {
      const ours = fresh()(1)
      await open(ours)
      const letters = [3, 1, 2].map((n) => noted(`s${n}`, 0, n, { ...dead, lastTriedAt: n * 1_000 }))
      await ours.commit({ from: at(0), to: at(3), doneCount: 0, notes: letters, settled: [] })
      const page = await ours.deadLetters({ after: null, countMax: 2 })
      expect(page.map(({ stream }) => stream)).toEqual(['s1', 's2'])
      const { lastTriedAt, eventId } = page[1] ?? {}
      const rest = await ours.deadLetters({
        after: { lastTriedAt: lastTriedAt ?? 0, eventId: eventId ?? '' },
        countMax: 2,
      })
      expect(rest.map(({ stream }) => stream)).toEqual(['s3'])
    })

    test('a dead letter holds its entity only where asked; tried again it waits first; dropped it is known for ever', async () => {
      const journal = fresh()
      const ours = journal(1)
      await open(ours)
      const [one, two] = [noted('a', 0, 5, dead), noted('a', 1, 6)]
      await ours.commit({ from: at(0), to: at(1), doneCount: 0, notes: [one, two], settled: [] })
      expect(await ours.firstNoted('a', true)).toEqual(one)
      expect(await ours.firstNoted('a', false)).toEqual(two)
      const [revived] = await ours.revive({ eventId: one.eventId, countMax: 1 })
      expect(revived).toMatchObject({ eventId: one.eventId, state: 'waiting', tries: 0, words: '' })
      expect(await ours.firstNoted('a', false)).toMatchObject({ eventId: one.eventId })
      expect(await ours.drop(one.eventId)).toBeUndefined()
      await ours.commit({ from: at(1), to: at(1), doneCount: 0, notes: [one], settled: [] })
      expect(await ours.drop(one.eventId)).toMatchObject({ stream: 'a' })
      expect(await ours.findDeadLetter(one.eventId)).toBeUndefined()
      expect(await ours.firstNoted('a', true)).toEqual(two)
      expect([...(await open(journal(2))).knownAhead]).toContain(one.eventId)
    })

    test('a later leader ends an earlier one: it may read, and writes nothing', async () => {
      const journal = fresh()
      const [old, next] = [journal(1), journal(2)]
      await open(old)
      await old.commit({ from: at(0), to: at(1), doneCount: 0, notes: [noted('a', 0, 1, dead)], settled: [] })
      await old.assertOurs()
      await open(next)
      const [letter] = await old.deadLetters({ after: null, countMax: 1 })
      const attempts = [
        old.commit({ from: at(1), to: at(2), doneCount: 1, notes: [], settled: [] }),
        old.assertOurs(),
        old.revive({ countMax: 1 }),
        old.drop(letter?.eventId ?? ''),
        open(old),
      ]
      expect(new Set(await Promise.all(attempts.map(kindOf)))).toEqual(new Set(['lost-leadership']))
      expect(await open(next)).toMatchObject({ position: at(1), doneCount: 0, deadCount: 1 })
    })

    test('nobody moves a checkpoint that is not where they left it', async () => {
      const ours = fresh()(1)
      await open(ours)
      await ours.commit({ from: at(0), to: at(2), doneCount: 0, notes: [], settled: [] })
      const late = ours.commit({ from: at(0), to: at(1), doneCount: 1, notes: [noted('a', 0, 1)], settled: [] })
      expect(await kindOf(late)).toBe('lost-leadership')
    })
  })
}

const failed = { tries: 1, words: 'no route', firstTriedAt: 1_000, lastTriedAt: 1_000, nextTryAt: 2_000 } as const
const dead = { ...failed, state: 'dead', nextTryAt: null } as const

function at(place: number): Position {
  return toPosition(BigInt(place), BigInt(place))
}

function open(journal: ReactorJournal, position = at(0)) {
  return journal.open({ version: 1, withDead: false, firstPosition: async () => position })
}

function noted(stream: string, revision: number, place: number, change: Partial<NotedEvent> = {}): NotedEvent {
  const untried = { tries: 0, words: '', firstTriedAt: null, lastTriedAt: null, nextTryAt: null }
  return {
    eventId: newUuid(),
    stream,
    revision,
    position: at(place),
    type: 'test.Thing',
    state: 'waiting',
    ...untried,
    ...change,
  }
}

async function kindOf(attempt: Promise<unknown>): Promise<unknown> {
  return attempt.then(
    () => 'it went through',
    (error: unknown) => (error instanceof Error && 'kind' in error ? error.kind : error),
  )
}
