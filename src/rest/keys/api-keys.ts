import { createHash } from 'node:crypto'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import type { MadeKey } from './api-key.ts'
import type { KeyList } from './held-keys.ts'

/** A key as administrators see it: without what proves it. */
export type ApiKeyRow = {
  readonly id: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly requestsPerMinute: number
  readonly madeBy: string
  readonly madeAt: number
  readonly expiresAt: number | null
  readonly revokedBy: string | null
  readonly revokedAt: number | null
  readonly lastUsedAt: number | null
}

export type ApiKeyDraft = Pick<ApiKeyRow, 'name' | 'scopes' | 'requestsPerMinute' | 'expiresAt' | 'madeBy' | 'madeAt'>

/** The keys in Postgres, where logic keeps them. Rejects with `unavailable` while that is away. */
export interface ApiKeys {
  /** The newest first; those that were revoked, or past their time, long ago are left out. */
  list(): Promise<readonly ApiKeyRow[]>
  find(id: string): Promise<ApiKeyRow | undefined>
  /** Rejects with `too-many` when no more can be added: a list that nobody can look through protects nothing. */
  checkRoom(): Promise<void>
  /** The same, and adds it. */
  add(made: Pick<MadeKey, 'id' | 'hash'>, draft: ApiKeyDraft): Promise<void>
  /** False when it was revoked before. */
  revoke(id: string, by: string, at: number): Promise<boolean>
  /** What agents hold: all that are not revoked, those past their time for a while, so that they are told what is wrong. */
  held(): Promise<KeyList>
  noteUses(uses: readonly { readonly id: string; readonly at: number }[]): Promise<void>
}

export const apiKeyCountMax = 1_000
/** What counts no more is shown this long; the log keeps what was decided. */
const overShownDays = 90
/** One for ten minutes is of interest for ten minutes more: those of tests would hide the others. */
const isRemembered = `(expires_at is null
  or now() < expires_at + least(expires_at - made_at, make_interval(days => ${overShownDays})))`
const columns = `id, name, scopes, requests_per_minute as "requestsPerMinute", made_by as "madeBy",
  revoked_by as "revokedBy", extract(epoch from made_at)::float8 * 1000 as "madeAt",
  extract(epoch from expires_at)::float8 * 1000 as "expiresAt",
  extract(epoch from revoked_at)::float8 * 1000 as "revokedAt",
  extract(epoch from last_used_at)::float8 * 1000 as "lastUsedAt"`

export function createApiKeys(sql: Client): ApiKeys {
  const query = async <T>(text: string, values: (string | number | null)[] = []): Promise<T[]> => {
    try {
      return await sql.unsafe<T[]>(text, values, { prepare: true })
    } catch (error) {
      throw toDatabaseError(error)
    }
  }
  const checkRoom = async (on: QueryRunner): Promise<void> => {
    const [found] = await on.unsafe(`select count(*)::int as count from platform.api_keys
      where revoked_at is null and (expires_at is null or expires_at > now())`)
    if (Number(found?.count) >= apiKeyCountMax)
      throw new PlatformError('too-many', `There are ${apiKeyCountMax} API keys already: revoke those of no use.`)
  }
  return {
    checkRoom: () =>
      checkRoom(sql).catch((error: unknown) => {
        throw toDatabaseError(error)
      }),
    list: () =>
      query<ApiKeyRow>(
        `select ${columns} from platform.api_keys
         where (revoked_at is null or revoked_at > now() - make_interval(days => ${overShownDays})) and ${isRemembered}
         order by made_at desc, id`,
      ),
    find: async (id) => {
      const [row] = await query<ApiKeyRow>(`select ${columns} from platform.api_keys where id = $1`, [id])
      return row
    },
    add: ({ id, hash }, draft) =>
      inTransaction(sql, async (tx) => {
        await tx.unsafe('lock table platform.api_keys in share row exclusive mode')
        await checkRoom(tx)
        await tx.unsafe(
          `insert into platform.api_keys (id, name, hash, scopes, requests_per_minute, made_by, made_at, expires_at)
           values ($1, $2, decode($3, 'hex'), array(select jsonb_array_elements_text($4::text::jsonb)), $5, $6,
             to_timestamp($7::float8 / 1000), to_timestamp($8::float8 / 1000))`,
          [
            id,
            draft.name,
            hash,
            JSON.stringify(draft.scopes),
            draft.requestsPerMinute,
            draft.madeBy,
            draft.madeAt,
            draft.expiresAt,
          ],
        )
      }),
    revoke: async (id, by, at) => {
      const text = `update platform.api_keys set revoked_by = $2, revoked_at = to_timestamp($3::float8 / 1000)
        where id = $1 and revoked_at is null returning id`
      return (await query(text, [id, by, at])).length > 0
    },
    held: async () => {
      const keys = await query<KeyList['keys'][number]>(
        `select id, name, encode(hash, 'hex') as hash, scopes, requests_per_minute as "requestsPerMinute",
           extract(epoch from expires_at)::float8 * 1000 as "expiresAt"
         from platform.api_keys where revoked_at is null and ${isRemembered} order by id`,
      )
      const plain = keys.map((key) => ({ ...key }))
      const version = createHash('sha256').update(JSON.stringify(plain)).digest('hex').slice(0, 32)
      return { version, keys: plain }
    },
    noteUses: async (uses) => {
      const text = `update platform.api_keys set last_used_at = greatest(last_used_at, to_timestamp(used.at / 1000))
        from jsonb_to_recordset($1::text::jsonb) as used (id uuid, at float8) where api_keys.id = used.id`
      if (uses.length > 0) await query(text, [JSON.stringify(uses)])
    },
  }
}
