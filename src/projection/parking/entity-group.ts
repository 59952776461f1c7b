import { createNameTable } from './name-table.ts'

/**
 * Which entities belong together: those whose events touch a row in common, and those that these share rows with, and so
 * on. Rows of such a group depend on its own events alone, and on all of them: on the streams too, since a stream that
 * parks takes its later events out of every row. So folding exactly the group's events gives exactly its rows.
 *
 * Names are kept as hashes: should two ever meet, the group becomes larger than need be, and stays right.
 */
export interface EntityGroup {
  /**
   * Notes what an event ties together: its stream and the rows it touches. True when that brought something into the
   * entity's group whose earlier events were not part of it.
   */
  note(stream: string, rows: readonly { readonly table: string; readonly key: string }[]): boolean
  holds(stream: string): boolean
  /** Streams and rows seen so far. */
  nameCount(): number
}

export function createEntityGroup(stream: string): EntityGroup {
  const names = createNameTable()
  /** Disjoint sets as trees: each node knows its parent, a root is its own. */
  const parents: number[] = []
  const take = (name: string): { readonly node: number; readonly isNew: boolean } => {
    const node = names.take(name)
    const isNew = node === parents.length
    if (isNew) parents.push(node)
    return { node, isNew }
  }
  /** Halves the path it walks, so that paths stay short. */
  const rootOf = (node: number): number => {
    let current = node
    for (let parent = parents[current] ?? current; parent !== current; parent = parents[current] ?? current) {
      const next = parents[parent] ?? parent
      parents[current] = next
      current = next
    }
    return current
  }
  const own = take(streamName(stream)).node

  return {
    note: (from, rows) => {
      const tied = new Set([streamName(from), ...rows.map(rowName)])
      const taken = [...tied].map(take)
      const home = rootOf(own)
      const known = taken.filter(({ isNew }) => !isNew).map(({ node }) => rootOf(node))
      const [first, ...others] = taken.map(({ node }) => rootOf(node))
      for (const other of others) parents[rootOf(other)] = rootOf(first ?? other)
      return known.includes(home) && known.some((root) => root !== home)
    },
    holds: (from) => {
      const node = names.find(streamName(from))
      return node !== undefined && rootOf(node) === rootOf(own)
    },
    nameCount: () => parents.length,
  }
}

const streamName = (stream: string): string => `stream ${stream}`
const rowName = ({ table, key }: { readonly table: string; readonly key: string }): string => `row ${table} ${key}`
