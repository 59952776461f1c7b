import { describe, expect, test } from 'bun:test'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { deletedBefore } from '../storage/storage.ts'
import { type AppendHistory, judgeAppend } from './append-rules.ts'
import type { ExpectedRevision } from './expected-revision.ts'

/** The stream as a plain list of ids; the rules restated without any thought of speed. */
function modelOf(ids: readonly string[]) {
  const place = (index: number) => ({ id: ids[index] ?? '', revision: index, position: index * 100 })
  const history: AppendHistory = {
    eventsFrom: (first, count) => ids.slice(first, first + count).map((_, index) => place(first + index)),
    placesOf: (id) => ids.flatMap((known, index) => (known === id ? [place(index)] : [])),
  }
  const standsAt = (start: number, appended: readonly string[]) =>
    appended.every((id, index) => ids[start + index] === id)
  const judge = (expected: ExpectedRevision, appended: readonly string[]) => {
    const last = ids.length - 1
    const [first] = appended
    switch (expected) {
      case 'any':
      case 'stream-exists': {
        const starts = ids.flatMap((id, index) => (id === first ? [index] : []))
        if (starts.some((start) => standsAt(start, appended))) return 'repeated'
        if (starts.length > 0) return 'conflict'
        return expected === 'any' || last >= 0 ? 'write' : 'conflict'
      }
      case 'no-stream':
        return last < 0 ? 'write' : standsAt(0, appended) ? 'repeated' : 'conflict'
      default:
        if (expected === last) return 'write'
        return expected < last && standsAt(expected + 1, appended) ? 'repeated' : 'conflict'
    }
  }
  return { history, judge, revision: ids.length - 1 }
}

describe('the append rules', () => {
  test('agree with the model on any stream, expectation and append', () => {
    for (let seed = 0; seed < 3_000; seed++) {
      const random = createSeededRandom(seed)
      const whole = (limit: number) => Math.floor(random() * limit)
      const ids = Array.from({ length: whole(6) }, (_, index) => `id-${index}`)
      const start = whole(6)
      const appended = Array.from(
        { length: 1 + whole(3) },
        (_, index) => `id-${start + index + (whole(10) === 0 ? 1 : 0)}`,
      )
      const expected = pickOne<ExpectedRevision>(random, ['any', 'no-stream', 'stream-exists', whole(7)])
      const { history, judge, revision } = modelOf(ids)
      const verdict = judgeAppend({ revision, truncateBefore: 0 }, expected, appended, history)
      expect({ seed, kind: verdict.kind as string }).toEqual({ seed, kind: judge(expected, appended) })
    }
  })

  test('look nothing up when an exact expectation holds', () => {
    const silent: AppendHistory = {
      eventsFrom: () => {
        throw new Error('looked up events')
      },
      placesOf: () => {
        throw new Error('looked up places')
      },
    }
    expect(judgeAppend({ revision: 4, truncateBefore: 0 }, 4, ['a'], silent)).toEqual({ kind: 'write' })
    expect(judgeAppend({ revision: -1, truncateBefore: 0 }, 'no-stream', ['a'], silent)).toEqual({ kind: 'write' })
    expect(judgeAppend({ revision: -1, truncateBefore: 0 }, 'any', ['a'], silent)).toEqual({ kind: 'write' })
  })

  test('take a deleted stream for one that is not there, but still by its exact revision', () => {
    const { history } = modelOf(['a', 'b'])
    const deleted = { revision: 1, truncateBefore: deletedBefore }
    expect(judgeAppend(deleted, 'no-stream', ['c'], history).kind).toBe('write')
    expect(judgeAppend(deleted, 1, ['c'], history).kind).toBe('write')
    expect(judgeAppend(deleted, 'stream-exists', ['c'], history).kind).toBe('conflict')
  })

  test('recognise the retry that took a deleted stream up again', () => {
    const { history } = modelOf(['a', 'b', 'c'])
    expect(judgeAppend({ revision: 2, truncateBefore: 2 }, 'no-stream', ['c'], history)).toMatchObject({
      kind: 'repeated',
    })
    expect(judgeAppend({ revision: 2, truncateBefore: 2 }, 'no-stream', ['b'], history)).toEqual({ kind: 'conflict' })
  })

  test('let an append of nothing pass when its expectation holds', () => {
    const { history } = modelOf(['a'])
    expect(judgeAppend({ revision: 0, truncateBefore: 0 }, 0, [], history)).toEqual({ kind: 'write' })
    expect(judgeAppend({ revision: 0, truncateBefore: 0 }, 'no-stream', [], history)).toEqual({ kind: 'conflict' })
  })
})
