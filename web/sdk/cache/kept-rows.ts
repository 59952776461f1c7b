import { assert, must } from '#kernel/assert.ts'
import type { ObserveFrom } from '#vortex/client/vortex-client.ts'
import { compareRows, type Row, rowKey, type SelectorPatch } from '#vortex/protocol/row.ts'
import { digestRows, digestText, digestToHex } from '#vortex/protocol/rows-digest.ts'
import type { CacheBlock } from '../device-store/device-store.ts'
import { changedFields } from '../row-list.ts'
import { type Block, createBlockLayout } from './block-layout.ts'
import { type BlockHead, type CacheHead, hashOfHead } from './cache-head.ts'
import { decodeRows, encodeRows } from './encode-rows.ts'

export type RowsPlace = ObserveFrom & { readonly keyedBy: readonly string[]; readonly orderBy: readonly string[] }

/**
 * The rows of one selector as the server says they are, and what of them has to be written: the blocks that changed.
 *
 * Promises: `toWrite` is of one moment, rows and place together; written one after the other, what it gave makes the rows
 * again. Encoding may be done by pieces, however the rows change in between.
 */
export interface KeptRows {
  readonly rows: ReadonlyMap<string, Row>
  place(): RowsPlace
  /** A whole state: only what differs is changed. */
  replace(rows: readonly Row[], place: RowsPlace): void
  patch(patch: Pick<SelectorPatch, 'token' | 'position' | 'set' | 'del'>): void
  moveTo(from: ObserveFrom): void
  /** Whether there is anything that was not given to be written. */
  isDirty(): boolean
  /** Encodes changed blocks as long as there is time; whether all are. */
  encode(hasTime: () => boolean): boolean
  toWrite(): BlocksToWrite
  /** What was given to be written is not there: the next is all there is. */
  forgetWritten(): void
  /** Undefined while so much has changed that it would take long. */
  hash(): string | undefined
}

export type BlocksToWrite = {
  readonly blocks: readonly BlockHead[]
  readonly changed: readonly CacheBlock[]
  readonly removed: readonly string[] | 'all-others'
}

const nowhere: RowsPlace = { token: '', position: '', keyedBy: [], orderBy: [] }
/** A block that is longer is cut in two, unless it is one row. */
const blockCharsMax = 256_000
const hashedBlocksMax = 20

export function createKeptRows(stored?: { readonly rows: Map<string, Row>; readonly place: RowsPlace }) {
  let rows = stored?.rows ?? new Map<string, Row>()
  let place = stored?.place ?? nowhere
  const layout = createBlockLayout()
  /** Encoded and not given away yet. */
  const contents = new Map<Block, string>()
  let isWhole = stored === undefined
  let isMoved = false

  const kept: KeptRows = {
    get rows() {
      return rows
    },
    place: () => place,
    replace,
    patch,
    moveTo: (from) => moveTo({ ...place, ...from }),
    isDirty: () => isMoved || isWhole || layout.changed.size > 0 || contents.size > 0,
    encode,
    toWrite,
    forgetWritten: () => {
      isWhole = true
      contents.clear()
      for (const block of layout.blocks()) for (const key of block.keys) layout.touch(key)
    },
    hash,
  }
  return { kept, adopt: layout.adopt }

  function moveTo(next: RowsPlace): void {
    isMoved ||= next.token !== place.token || next.position !== place.position
    place = next
  }

  function replace(incoming: readonly Row[], next: RowsPlace): void {
    const isSameShape = `${next.keyedBy}|${next.orderBy}` === `${place.keyedBy}|${place.orderBy}`
    moveTo(next)
    if (!isSameShape || rows.size === 0) return layOut(incoming)
    const before = rows
    rows = new Map()
    const others: string[] = []
    for (const row of incoming) {
      const key = rowKey(row, next.keyedBy)
      const known = before.get(key)
      const isSame = known !== undefined && Object.keys(changedFields(known, row)).length === 0
      rows.set(key, isSame ? known : row)
      if (!isSame) others.push(key)
    }
    // First what makes room.
    for (const key of before.keys()) if (!rows.has(key)) layout.remove(key)
    for (const key of others) layout.touch(key)
    if (layout.isThin()) layOut(incoming)
  }

  /** As they are shown, so that they are in order when they are read. */
  function layOut(incoming: readonly Row[]): void {
    const sorted = [...incoming].sort(compareRows(place.orderBy, place.keyedBy))
    rows = new Map(sorted.map((row) => [rowKey(row, place.keyedBy), row]))
    isWhole = true
    layout.layOut(rows.keys())
    contents.clear()
  }

  function patch({ token, position, set, del }: Parameters<KeptRows['patch']>[0]): void {
    moveTo({ ...place, token, position })
    for (const key of del) {
      rows.delete(key)
      layout.remove(key)
    }
    for (const row of set) {
      const key = rowKey(row, place.keyedBy)
      rows.set(key, row)
      layout.touch(key)
    }
    if (layout.isThin()) layOut([...rows.values()])
  }

  function encode(hasTime: () => boolean): boolean {
    while (layout.changed.size > 0) {
      // Cutting a block in two changes the other one too.
      for (const block of [...layout.changed]) {
        if (!hasTime()) return false
        encodeBlock(block)
      }
    }
    return true
  }

  function encodeBlock(block: Block): void {
    const inside = [...block.keys].map((key) => must(rows.get(key), 'a block holds rows that are there'))
    const content = encodeRows(inside)
    if (content.length > blockCharsMax && inside.length > 1) return layout.split(block)
    const [check, digest] = [digestText(content), digestRows(inside)].map(digestToHex)
    layout.settle(block, { count: inside.length, check: check ?? '', digest: digest ?? '' })
    contents.set(block, content)
  }

  function toWrite(): BlocksToWrite {
    assert(layout.changed.size === 0, 'what is written has been encoded')
    const blocks = [...layout.blocks()]
    const known = new Set(blocks)
    const changed = [...contents].filter(([block]) => known.has(block)).map(([{ id }, content]) => ({ id, content }))
    const removed = layout.takeRemoved()
    const write: BlocksToWrite = { blocks: blocks.map(toBlockHead), changed, removed: isWhole ? 'all-others' : removed }
    contents.clear()
    isWhole = false
    isMoved = false
    return write
  }

  function hash(): string | undefined {
    if (layout.changed.size > hashedBlocksMax) return undefined
    encode(() => true)
    return hashOfHead({ ...place, blocks: [...layout.blocks()].map(toBlockHead) })
  }
}

function toBlockHead({ id, written }: Block): BlockHead {
  return { id, ...must(written, 'the block is encoded') }
}

/** The rows as they were written; undefined when anything is not as it was. */
export function readKeptRows(head: CacheHead, blocks: readonly CacheBlock[]): KeptRows | undefined {
  const { token, position, keyedBy, orderBy } = head
  const contents = new Map(blocks.map(({ id, content }) => [id, content]))
  if (contents.size !== head.blocks.length) return undefined
  const rows = new Map<string, Row>()
  const read = createKeptRows({ rows, place: { token, position, keyedBy, orderBy } })
  for (const { id, count, check, digest } of head.blocks) {
    const content = contents.get(id)
    if (content === undefined || digestToHex(digestText(content)) !== check) return undefined
    const inside = decodeRows(content)
    if (inside?.length !== count) return undefined
    const keys = new Set<string>()
    for (const row of inside) {
      const key = rowKey(row, keyedBy)
      keys.add(key)
      rows.set(key, row)
    }
    read.adopt({ id, keys, written: { count, check, digest } })
  }
  const countInAll = head.blocks.reduce((sum, { count }) => sum + count, 0)
  return rows.size === countInAll ? read.kept : undefined
}
