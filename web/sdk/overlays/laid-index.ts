import { comparePositions } from '#kernel/position.ts'
import type { Laid } from './laid.ts'

/** What is laid over the rows of one view: by row, in order of seq; and what was accepted, in order of position. */
export interface LaidIndex {
  /** Without a key it concerns every row. */
  add(laid: Laid, key: string | undefined): void
  has(laid: Laid): boolean
  /** Whether it was there. */
  remove(laid: Laid): boolean
  removeById(id: string): Laid | undefined
  noteAccepted(laid: Laid): void
  accepted(): readonly Laid[]
  concerning(key: string): readonly Laid[]
  all(): readonly Laid[]
  clear(): void
}

export function createLaidIndex(): LaidIndex {
  const byId = new Map<string, { readonly laid: Laid; readonly key: string | undefined }>()
  const byKey = new Map<string, Laid[]>()
  let everywhere: Laid[] = []
  let accepted: Laid[] = []

  return {
    add: (laid, key) => {
      byId.set(laid.id, { laid, key })
      const list = key === undefined ? everywhere : (byKey.get(key) ?? [])
      insert(list, laid, bySeq)
      if (key !== undefined) byKey.set(key, list)
      if (laid.position !== undefined) insert(accepted, laid, byPosition)
    },
    has: (laid) => byId.get(laid.id)?.laid === laid,
    remove: (laid) => byId.get(laid.id)?.laid === laid && remove(laid.id) !== undefined,
    removeById: remove,
    noteAccepted: (laid) => insert(accepted, laid, byPosition),
    accepted: () => accepted,
    concerning: (key) => {
      const own = byKey.get(key)
      if (own === undefined) return everywhere
      return everywhere.length === 0 ? own : [...own, ...everywhere].sort(bySeq)
    },
    all: () => [...byId.values()].map(({ laid }) => laid),
    clear: () => {
      byId.clear()
      byKey.clear()
      everywhere = []
      accepted = []
    },
  }

  function remove(id: string): Laid | undefined {
    const found = byId.get(id)
    if (found === undefined) return undefined
    const { laid, key } = found
    byId.delete(id)
    takeOut(accepted, laid)
    if (key === undefined) takeOut(everywhere, laid)
    else {
      const list = byKey.get(key) ?? []
      takeOut(list, laid)
      if (list.length === 0) byKey.delete(key)
    }
    return laid
  }
}

function bySeq(a: Laid, b: Laid): number {
  return a.seq - b.seq
}

function byPosition(a: Laid, b: Laid): number {
  return a.position && b.position ? comparePositions(a.position, b.position) : 0
}

/** Nearly always the last. */
function insert(list: Laid[], laid: Laid, compare: (a: Laid, b: Laid) => number): void {
  let place = list.length
  for (let before = list[place - 1]; before && compare(before, laid) > 0; before = list[place - 1]) place--
  list.splice(place, 0, laid)
}

function takeOut(list: Laid[], laid: Laid): void {
  const place = list.indexOf(laid)
  if (place >= 0) list.splice(place, 1)
}
