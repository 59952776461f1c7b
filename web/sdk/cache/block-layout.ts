import { must } from '#kernel/assert.ts'

/**
 * Which rows lie together in one block, and which blocks no longer say what their rows are. Rows stay where they are as
 * long as they live, so that a change costs the block it is in.
 */
export interface BlockLayout {
  /** The row is new, or another. */
  touch(key: string): void
  remove(key: string): void
  /** Lays all rows out anew, in this order. */
  layOut(keys: Iterable<string>): void
  /** Takes the block as it was read: its rows are as they are written. */
  adopt(block: Block): void
  blocks(): Iterable<Block>
  /** Those that have to be encoded; encoding one takes it out. */
  readonly changed: ReadonlySet<Block>
  settle(block: Block, written: Written): void
  /** A block that grew too long becomes two. */
  split(block: Block): void
  /** Ids of blocks that are no more, since it was last asked. */
  takeRemoved(): readonly string[]
  /** Whether rows lie so thinly that laying them out anew pays. */
  isThin(): boolean
}

export type Written = { readonly count: number; readonly check: string; readonly digest: string }
export type Block = { readonly id: string; readonly keys: Set<string>; written: Written | undefined }

export const blockRowsMax = 500
/** So many times more blocks than rows need, and at least so many, are too many. */
const thinnessMax = 4
const thinBlocksMin = 8

export function createBlockLayout(): BlockLayout {
  const blocks = new Map<string, Block>()
  const placeOf = new Map<string, Block>()
  const changed = new Set<Block>()
  let removed: string[] = []
  let open: Block | undefined
  let lastId = 0

  return { touch, remove, layOut, adopt, blocks: () => blocks.values(), changed, settle, split, takeRemoved, isThin }

  function touch(key: string): void {
    const block = placeOf.get(key)
    if (block) note(block)
    else put(key, roomyBlock())
  }

  function remove(key: string): void {
    const block = placeOf.get(key)
    if (block === undefined) return
    placeOf.delete(key)
    block.keys.delete(key)
    if (block.keys.size === 0) drop(block)
    else note(block)
  }

  function layOut(keys: Iterable<string>): void {
    for (const block of [...blocks.values()]) drop(block)
    placeOf.clear()
    for (const key of keys) put(key, roomyBlock())
  }

  function adopt(block: Block): void {
    blocks.set(block.id, block)
    for (const key of block.keys) placeOf.set(key, block)
    lastId = Math.max(lastId, Number(block.id) || 0)
    if (block.keys.size < blockRowsMax) open = block
  }

  function settle(block: Block, written: Written): void {
    block.written = written
    changed.delete(block)
  }

  function split(block: Block): void {
    const second = found()
    for (const key of [...block.keys].slice(Math.ceil(block.keys.size / 2))) {
      block.keys.delete(key)
      put(key, second)
    }
    note(block)
    open = undefined
  }

  function takeRemoved(): readonly string[] {
    const taken = removed
    removed = []
    return taken
  }

  function isThin(): boolean {
    return blocks.size >= thinBlocksMin && blocks.size > thinnessMax * Math.ceil(placeOf.size / blockRowsMax)
  }

  function roomyBlock(): Block {
    if (open === undefined || open.keys.size >= blockRowsMax) open = found()
    return must(open, 'it was just found')
  }

  function found(): Block {
    const block: Block = { id: String(++lastId), keys: new Set(), written: undefined }
    blocks.set(block.id, block)
    return block
  }

  function put(key: string, block: Block): void {
    block.keys.add(key)
    placeOf.set(key, block)
    note(block)
  }

  function note(block: Block): void {
    block.written = undefined
    changed.add(block)
  }

  function drop(block: Block): void {
    blocks.delete(block.id)
    changed.delete(block)
    removed.push(block.id)
    if (open === block) open = undefined
  }
}
