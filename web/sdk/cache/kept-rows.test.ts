import { describe, expect, test } from 'bun:test'
import { must } from '#kernel/assert.ts'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { type Row, rowKey } from '#vortex/protocol/row.ts'
import { digestRows, hashOfRows } from '#vortex/protocol/rows-digest.ts'
import type { CacheBlock } from '../device-store/device-store.ts'
import type { CacheHead } from './cache-head.ts'
import { decodeRows, encodeRows } from './encode-rows.ts'
import { createKeptRows, type KeptRows, readKeptRows } from './kept-rows.ts'

const keyedBy = ['id']
const orderBy = ['n']
const at = (version: number) => ({ token: `t${version}`, position: `p${version}`, keyedBy, orderBy })
const rowsOf = (count: number, from = 0): Row[] =>
  Array.from({ length: count }, (_, place) => ({ id: `r${from + place}`, n: from + place, word: 'x' }))

describe('rows as one text', () => {
  test('are the same rows again, fields that are absent and of any order included', () => {
    for (const rows of [
      [],
      [{ id: 'a' }],
      rowsOf(3),
      [
        { a: 1, b: null },
        { b: 2, a: [{ c: 'ü\u2028' }] },
      ],
    ] as Row[][])
      expect(decodeRows(encodeRows(rows))).toEqual(rows)
    const uneven = [{ a: 1, b: 2 }, { a: 1 }, { c: null }] as Row[]
    expect(decodeRows(encodeRows(uneven))).toEqual(uneven)
  })

  test('that are no rows count as nothing', () => {
    for (const text of ['', '[]', '{}', '{"rows":[1]}', '{"fields":["a"]}', 'x'.repeat(50)])
      expect(decodeRows(text)).toBeUndefined()
  })
})

describe('kept rows', () => {
  test('cost a change the block it is in, and no other', () => {
    const { kept, disk } = setUp()
    kept.replace(rowsOf(1_200), at(1))
    expect(disk.write(kept)).toEqual({ changed: 3, removed: 'all-others' })
    kept.patch({ ...at(2), set: [{ id: 'r700', n: 700, word: 'y' }], del: [] })
    expect(disk.write(kept)).toEqual({ changed: 1, removed: [] })
    kept.patch({ ...at(3), set: [], del: rowsOf(500, 500).map(({ id }) => String(id)) })
    expect(disk.write(kept)).toEqual({ changed: 0, removed: ['2'] })
    expect(disk.read()?.rows).toEqual(kept.rows)
  })

  test('take a whole state as a difference: rows that are the same stay the same objects', () => {
    const { kept, disk } = setUp()
    kept.replace(rowsOf(1_000), at(1))
    disk.write(kept)
    const first = kept.rows.get('r0')
    kept.replace([...rowsOf(999), { id: 'new', n: 1, word: 'x' }], at(2))
    expect(kept.rows.get('r0')).toBe(must(first, 'it is there'))
    expect(kept.rows.has('r999')).toBe(false)
    expect(disk.write(kept)).toEqual({ changed: 1, removed: [] })
    expect(disk.read()?.place()).toEqual(at(2))
  })

  test('of a place that moved alone cost no block', () => {
    const { kept, disk } = setUp()
    kept.replace(rowsOf(10), at(1))
    disk.write(kept)
    expect(kept.isDirty()).toBe(false)
    kept.moveTo({ token: 't2', position: 'p2' })
    expect(kept.isDirty()).toBe(true)
    expect(disk.write(kept)).toEqual({ changed: 0, removed: [] })
    expect(disk.read()?.place()).toEqual(at(2))
  })

  test('under other keys are laid out anew', () => {
    const { kept, disk } = setUp()
    kept.replace(rowsOf(10), at(1))
    disk.write(kept)
    kept.replace(rowsOf(10), { ...at(2), keyedBy: ['n'] })
    expect([...kept.rows.keys()].slice(0, 2)).toEqual(['[0]', '[1]'])
    expect(disk.write(kept)).toEqual({ changed: 1, removed: 'all-others' })
  })

  test('of long texts lie in more blocks', () => {
    const { kept, disk } = setUp()
    kept.replace(
      rowsOf(100).map((row) => ({ ...row, word: 'long '.repeat(2_000) })),
      at(1),
    )
    expect(disk.write(kept).changed).toBe(4)
    expect(disk.read()?.rows).toEqual(kept.rows)
  })

  test('that became few of many are laid out anew', () => {
    const { kept, disk } = setUp()
    kept.replace(rowsOf(5_000), at(1))
    disk.write(kept)
    kept.patch({ ...at(2), set: [], del: rowsOf(5_000).flatMap(({ id, n }) => (Number(n) % 50 ? [String(id)] : [])) })
    expect(disk.write(kept)).toEqual({ changed: 1, removed: 'all-others' })
    expect(disk.blocks.size).toBe(1)
    expect(disk.read()?.rows).toEqual(kept.rows)
  })

  test('that were damaged in any way count as nothing', () => {
    const { kept, disk } = setUp()
    kept.replace(rowsOf(600), at(1))
    disk.write(kept)
    const { blocks } = disk
    const head = must(disk.head(), 'it is written')
    const read = (changed: Partial<CacheHead>, broken = [...blocks]) =>
      readKeptRows(
        { ...head, ...changed },
        broken.map(([id, content]) => ({ id, content })),
      )
    expect(read({})?.rows.size).toBe(600)
    const [first, ...others] = [...blocks]
    const [id, content] = must(first, 'two were written')
    expect(read({}, others)).toBeUndefined()
    expect(read({}, [[id, content.replace('"x"', '"y"')], ...others])).toBeUndefined()
    expect(read({}, [[id, content.slice(0, -2)], ...others])).toBeUndefined()
    expect(read({ blocks: head.blocks.slice(1) })).toBeUndefined()
    expect(read({ keyedBy: ['word'] })).toBeUndefined()
  })

  test('through random edits, saves that are lost and reloads they are what the server says, and hash to the same', () => {
    for (let seed = 1; seed <= 12; seed++) liveThrough(seed)
  })
})

function liveThrough(seed: number): void {
  const random = createSeededRandom(seed)
  const truth = new Map<string, Row>()
  const disk = createDisk()
  let kept = createKeptRows().kept
  let version = 0
  const isWritten = (): boolean => disk.head() !== undefined
  const edit = (): Row[] => {
    const set: Row[] = []
    for (let i = Math.floor(random() * pickOne(random, [3, 30, 900])); i >= 0; i--) {
      const id = `r${Math.floor(random() * 1_500)}`
      const row: Row =
        random() < 0.05 ? { id, n: 1 } : { id, n: Math.floor(random() * 99), word: pickOne(random, ['x', null]) }
      truth.set(id, row)
      set.push(row)
    }
    return set
  }
  const del = (): string[] => {
    const keys = [...truth.keys()].filter(() => random() < pickOne(random, [0.01, 0.9]))
    for (const key of keys) truth.delete(key)
    return keys
  }
  edit()
  kept.replace([...truth.values()], at(++version))
  for (let step = 0; step < 40; step++) {
    const chance = random()
    const words = `seed ${seed}, step ${step}`
    if (chance < 0.4) {
      // In this order a patch is made of what is there in the end.
      const gone = del()
      const set = edit()
      kept.patch({ ...at(++version), set, del: gone.filter((key) => !truth.has(key)) })
    } else if (chance < 0.5) {
      edit()
      del()
      kept.replace([...truth.values()], at(++version))
    } else if (chance < 0.6) {
      let times = Math.floor(random() * 3)
      kept.encode(() => times-- > 0)
    } else if (chance < 0.8) {
      disk.write(kept)
      expect(sorted(disk.read()?.rows), words).toEqual(sorted(truth))
    } else if (chance < 0.85) {
      kept.encode(() => true)
      kept.toWrite()
      kept.forgetWritten()
    } else if (isWritten()) {
      // The page is killed and begins again: with what was written, and what the server says since.
      kept = must(disk.read(), `${words}: what was written can be read`)
      kept.replace([...truth.values()], at(version))
    }
    expect(sorted(kept.rows), words).toEqual(sorted(truth))
    const hash = hashOfRows({ digest: digestRows(truth.values()), count: truth.size, keyedBy, orderBy })
    expect(kept.hash() ?? hash, words).toBe(hash)
  }
}

function sorted(rows: ReadonlyMap<string, Row> | undefined): readonly Row[] {
  return [...(rows?.values() ?? [])].sort((a, b) => (rowKey(a, keyedBy) < rowKey(b, keyedBy) ? -1 : 1))
}

function setUp() {
  return { kept: createKeptRows().kept, disk: createDisk() }
}

function createDisk() {
  const blocks = new Map<string, string>()
  let head: CacheHead | undefined
  return {
    blocks,
    head: () => head,
    write: (kept: KeptRows) => {
      expect(kept.encode(() => true)).toBe(true)
      const { blocks: heads, changed, removed } = kept.toWrite()
      if (removed === 'all-others') blocks.clear()
      else for (const id of removed) blocks.delete(id)
      for (const { id, content } of changed) blocks.set(id, content)
      head = {
        ...{ format: 1, name: 'p.T', selector: {}, fields: '', asOf: 0, usedAt: 0, savedAt: 0, writer: '' },
        ...kept.place(),
        keyedBy: [...kept.place().keyedBy],
        orderBy: [...kept.place().orderBy],
        blocks: [...heads],
      }
      return { changed: changed.length, removed }
    },
    read: () => {
      const all: CacheBlock[] = [...blocks].map(([id, content]) => ({ id, content }))
      return head && readKeptRows(head, all)
    },
  }
}
