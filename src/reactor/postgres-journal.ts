import { PlatformError } from '#kernel/platform-error.ts'
import { logStart, type Position, parsePosition } from '#kernel/position.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { noteColumns, saveNotes, toDeadLetter, toNotedEvent } from './noted-rows.ts'
import type { DeadLetterPage, JournalEntry, OpenedJournal, ReactorJournal } from './reactor-journal.ts'

/** The journal of one reactor in `platform.reactor_checkpoints` and `platform.reactor_events`, for one leadership. */
export function createPostgresJournal(options: { sql: Client; reactor: string; epoch: number }): ReactorJournal {
  const { sql, reactor, epoch } = options

  const query = async (text: string, values: (string | number | boolean | null)[]) => {
    try {
      return await sql.unsafe(text, values, { prepare: true })
    } catch (error) {
      throw toDatabaseError(error)
    }
  }
  /** Holds the checkpoint until the commit, so that the next leader waits for it. */
  const lockOurs = async (tx: QueryRunner): Promise<void> => {
    const text = 'select epoch::float8 as epoch from platform.reactor_checkpoints where reactor = $1 for update'
    const [row] = await tx.unsafe(text, [reactor], { prepare: true })
    if (Number(row?.epoch) !== epoch) throw lostLeadership(reactor, epoch, row?.epoch)
  }
  const asOurs = <T>(work: (tx: QueryRunner) => Promise<T>): Promise<T> =>
    inTransaction(sql, async (tx) => {
      await lockOurs(tx)
      return work(tx)
    })

  return {
    open: async ({ version, withDead, firstPosition }) => {
      const [known] = await query('select 1 from platform.reactor_checkpoints where reactor = $1', [reactor])
      const first = known ? logStart : await firstPosition()
      return inTransaction(sql, async (tx) => {
        const found = await claim(tx, { reactor, epoch, version, first })
        return { ...found, ...(await loadNoted(tx, { reactor, position: found.position, withDead })) }
      })
    },
    commit: (entry) => asOurs((tx) => saveEntry(tx, reactor, entry)),
    assertOurs: async () => {
      const text = 'select epoch::float8 as epoch from platform.reactor_checkpoints where reactor = $1'
      const [row] = await query(text, [reactor])
      if (Number(row?.epoch) !== epoch) throw lostLeadership(reactor, epoch, row?.epoch)
    },
    firstNoted: async (stream, withDead) => {
      const text = `select ${noteColumns} from platform.reactor_events
        where reactor = $1 and stream = $2 and (state = 'waiting' or $3 and state = 'dead') order by revision limit 1`
      const [row] = await query(text, [reactor, stream, withDead])
      return row && toNotedEvent(row)
    },
    deadLetters: async ({ after, countMax }: DeadLetterPage) => {
      const text = `select ${noteColumns} from platform.reactor_events where reactor = $1 and state = 'dead'
        and ($2::float8 is null or (last_tried_at, event_id) > (to_timestamp($2::float8 / 1000), $3::uuid))
        order by last_tried_at, event_id limit $4`
      const values = [reactor, after?.lastTriedAt ?? null, after?.eventId ?? null, countMax]
      return (await query(text, values)).map(toDeadLetter)
    },
    findDeadLetter: async (eventId) => {
      const text = `select ${noteColumns} from platform.reactor_events where reactor = $1 and event_id = $2 and state = 'dead'`
      const [row] = await query(text, [reactor, eventId])
      return row && toDeadLetter(row)
    },
    revive: ({ eventId = null, countMax }) =>
      asOurs(async (tx) => {
        const text = `update platform.reactor_events
          set state = 'waiting', tries = 0, words = '', first_tried_at = null, last_tried_at = null, next_try_at = null
          where reactor = $1 and event_id in (select event_id from platform.reactor_events
            where reactor = $1 and state = 'dead' and ($2::uuid is null or event_id = $2) order by last_tried_at, event_id limit $3)
          returning ${noteColumns}`
        return (await tx.unsafe(text, [reactor, eventId, countMax], { prepare: true })).map(toNotedEvent)
      }),
    drop: (eventId) =>
      asOurs(async (tx) => {
        const text = `update platform.reactor_events set state = 'dropped'
          where reactor = $1 and event_id = $2 and state = 'dead' returning ${noteColumns}`
        const [row] = await tx.unsafe(text, [reactor, eventId], { prepare: true })
        return row && toNotedEvent(row)
      }),
  }
}

/** The checkpoint, made the first time; from here on an earlier leader is refused (seam 9). */
async function claim(
  tx: QueryRunner,
  { reactor, epoch, version, first }: { reactor: string; epoch: number; version: number; first: Position },
): Promise<Pick<OpenedJournal, 'position' | 'doneCount'>> {
  const text = `insert into platform.reactor_checkpoints as known (reactor, version, position, epoch) values ($1, $2, $3, $4)
    on conflict (reactor) do update set epoch = excluded.epoch, version = excluded.version where known.epoch <= excluded.epoch
    returning position, done_count::float8 as done_count`
  const [row] = await tx.unsafe(text, [reactor, version, first, epoch])
  if (!row) throw lostLeadership(reactor, epoch, 'a later one')
  return { position: parsePosition(row.position) ?? logStart, doneCount: Number(row.done_count) }
}

async function loadNoted(
  tx: QueryRunner,
  { reactor, position, withDead }: { reactor: string; position: Position; withDead: boolean },
): Promise<Omit<OpenedJournal, 'position' | 'doneCount'>> {
  // The first twenty digits are the commit position: what shares the checkpoint's own is looked at once too often.
  const commit = position.slice(0, 20)
  await tx.unsafe(
    `delete from platform.reactor_events where reactor = $1 and state = 'dropped' and left(position, 20) < $2`,
    [reactor, commit],
  )
  const ahead = await tx.unsafe(
    'select event_id from platform.reactor_events where reactor = $1 and left(position, 20) >= $2',
    [reactor, commit],
  )
  const [dead] = await tx.unsafe(
    `select count(*)::int as count from platform.reactor_events where reactor = $1 and state = 'dead'`,
    [reactor],
  )
  const firsts = await tx.unsafe(
    `select distinct on (stream) ${noteColumns}, count(*) over (partition by stream)::int as held
      from platform.reactor_events where reactor = $1 and (state = 'waiting' or $2 and state = 'dead') order by stream, revision`,
    [reactor, withDead],
  )
  return {
    knownAhead: new Set(ahead.map((row) => String(row.event_id))),
    deadCount: Number(dead?.count ?? 0),
    held: new Map(firsts.map((row) => [String(row.stream), { count: Number(row.held), first: toNotedEvent(row) }])),
  }
}

async function saveEntry(tx: QueryRunner, reactor: string, entry: JournalEntry): Promise<void> {
  const { from, to, doneCount, notes, settled } = entry
  await saveNotes(tx, reactor, notes)
  if (settled.length > 0)
    await tx.unsafe('delete from platform.reactor_events where reactor = $1 and event_id = any($2::uuid[])', [
      reactor,
      [...settled],
    ])
  const text = `update platform.reactor_checkpoints set position = $1, done_count = done_count + $2, committed_at = now()
    where reactor = $3 and position = $4`
  const moved = await tx.unsafe(text, [to, doneCount, reactor, from], { prepare: true })
  if (moved.count !== 1)
    throw new PlatformError('lost-leadership', `The checkpoint of reactor ${reactor} is no longer at ${from}.`)
}

function lostLeadership(reactor: string, epoch: number, found: unknown): PlatformError {
  const words = `The reactor ${reactor} is not ours: epoch ${String(found)} runs it, this one is ${epoch}.`
  return new PlatformError('lost-leadership', words, { facts: { reactor, epoch } })
}
