import type { ChangedEvent, ChangedRow, ChangeEvent, ChangeMark, ReadModelLife } from '#event-store/change-event.ts'
import { type Position, toPosition } from '#kernel/position.ts'
import { pickOne, type Random } from '#kernel/random.ts'
import type { Row, Selector } from '#vortex/protocol/row.ts'
import type { Snapshot } from '#vortex/protocol/snapshot.ts'
import { encodeToken, type ResumePoint } from '../resume-token.ts'

/**
 * The truth that a watcher's screen is compared with: one read model of one table, every state it ever had by the
 * point it stood at, and the announcements its projector would have made.
 */
export interface ModelProjection {
  readonly feed: string
  /** Changes some rows and announces it, in several parts now and then. */
  commit(): readonly ChangeEvent[]
  /** Commits more rows than can be announced: the mark only says to look again. */
  commitUnannounced(): ChangeEvent
  /** Other tables take the place of the live ones: another life that goes on from this one, some rows changed. */
  swap(): readonly ChangeEvent[]
  /** Whether the first point lies before the second, in one life or in lives that went on from each other. */
  isBefore(token: string, other: string): boolean
  /** Another life: the same rows, or those of some earlier moment (a restored backup). */
  restart(): ChangeEvent
  point(): ResumePoint
  /** The table as it stood at a point, or undefined for a point that never was. */
  rowsAt(token: string): readonly Row[] | undefined
  snapshot(selector: Selector, token?: string): Snapshot
  /** Points of the past, oldest first. */
  tokens(): readonly string[]
}

type Table = ReadonlyMap<string, Row>
const teams = ['red', 'blue', null] as const
const states = ['open', 'done'] as const
const modelSelectorFields = ['team', 'state'] as const
const keys = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6'] as const

export function createModelProjection(feed: string, random: Random): ModelProjection {
  const history = new Map<string, Table>()
  let life = 0
  /** The first of the lives that went on from each other up to this one. */
  let chain = 0
  const chains = new Map<string, number>()
  let place = 100
  let table: Table = new Map()
  let acts = 0
  const point = (): ResumePoint => ({ incarnation: `${feed}-life-${life}`, version: 1, position: at(place) })
  const keep = (): void => {
    history.set(encodeToken(point()), table)
    chains.set(point().incarnation, chain)
  }
  keep()

  const change = (): ChangedRow[] => {
    const next = new Map(table)
    const changes: ChangedRow[] = []
    const count = Math.floor(random() * 5)
    for (const key of new Set(Array.from({ length: count }, () => pickOne(random, keys)))) {
      const before = next.get(key)
      const after = before && random() < 0.3 ? undefined : makeRow(key)
      if (after) next.set(key, after)
      else next.delete(key)
      changes.push({
        k: key,
        ...(after && { a: after }),
        ...(before && { b: { team: before.team ?? null, state: before.state ?? null } }),
        ...(random() < 0.5 && { c: [`act-${acts++}`] }),
      })
    }
    table = next
    return changes
  }
  const makeRow = (key: string): Row => ({
    id: key,
    team: pickOne(random, teams),
    state: pickOne(random, states),
    n: Math.floor(random() * 4),
  })
  const advance = () => {
    const { position: from, incarnation, version } = point()
    place += 1 + Math.floor(random() * 3)
    return { incarnation, version, from, to: at(place) }
  }

  const inParts = (changes: readonly ChangedRow[], mark: ChangeMark, follows?: ReadModelLife): ChangedEvent[] => {
    const parts = 1 + Math.floor(random() * Math.min(3, Math.max(1, changes.length)))
    return Array.from({ length: parts }, (_, part) => ({
      kind: 'changed' as const,
      ...mark,
      ...(follows && { follows }),
      part,
      parts,
      tables: { rows: changes.filter((_change, index) => index % parts === part) },
    }))
  }

  return {
    feed,
    point,
    commit: () => {
      const changes = change()
      const mark = advance()
      keep()
      return inParts(changes, mark)
    },
    swap: () => {
      const { incarnation, version, position: from } = point()
      life++
      const changes = change()
      if (random() < 0.5) advance()
      keep()
      return inParts(changes, { ...point(), from, to: at(place) }, { incarnation, version })
    },
    isBefore: (token, other) => {
      const [a, b] = [token.split('/'), other.split('/')]
      const [ofA, ofB] = [chains.get(a[0] ?? ''), chains.get(b[0] ?? '')]
      if (ofA === undefined || ofA !== ofB) return false
      const lifeOf = (incarnation = ''): number => Number(incarnation.slice(`${feed}-life-`.length))
      return a[0] === b[0] ? Number(a[2]) < Number(b[2]) : lifeOf(a[0]) < lifeOf(b[0])
    },
    commitUnannounced: () => {
      for (let i = 0; i < 4; i++) change()
      const mark = advance()
      keep()
      return { kind: 'resync', ...mark }
    },
    restart: () => {
      life++
      chain = life
      if (random() < 0.4) {
        const [token, rows] = pickOne(random, [...history])
        place = Number(token.split('/')[2])
        table = rows
      }
      keep()
      const { incarnation, version, position } = point()
      return { kind: 'resync', incarnation, version, from: position, to: position }
    },
    rowsAt: (token) => {
      const found = history.get(token)
      return found && [...found.values()]
    },
    tokens: () => [...history.keys()],
    snapshot: (selector, token = encodeToken(point())) => {
      const [incarnation = '', version, position = ''] = token.split('/')
      const rows = [...(history.get(token)?.values() ?? [])].filter((row) => isPicked(selector, row))
      return {
        meta: {
          feed,
          table: 'rows',
          incarnation,
          version: Number(version),
          position,
          fields: ['id', 'team', 'state', 'n'],
          keyedBy: ['id'],
          orderBy: ['n'],
          selectorFields: [...modelSelectorFields],
          access: 'everyone',
        },
        rows,
      }
    },
  }
}

export function isPicked(selector: Selector, row: Row): boolean {
  return Object.entries(selector).every(([field, value]) => row[field] === value)
}

/** One commit from place to place, in one part. */
export function commitOf(
  from: number,
  to: number,
  rows: readonly ChangedRow[],
  mark: Partial<ChangeMark> = {},
): ChangedEvent {
  const tables = { rows }
  return {
    kind: 'changed',
    incarnation: 'one',
    version: 1,
    from: at(from),
    to: at(to),
    part: 0,
    parts: 1,
    tables,
    ...mark,
  }
}

export function at(place: number): Position {
  return toPosition(BigInt(place), BigInt(place))
}
