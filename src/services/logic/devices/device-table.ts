import type { Client, QueryRunner } from '#storage/client.ts'
import { toDatabaseError } from '#storage/connection-loss.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import type { DeviceContact } from '#vortex/protocol/devices-report.ts'
import type { KnownDevice } from './known-device.ts'

/** A connection of a device, as it is kept. */
export type KeptContact = Omit<DeviceContact, 'isOpen'> & {
  readonly device: string
  readonly app: string
  readonly user: string
  readonly service: string
  readonly build: string
}

/** Devices in Postgres, where logic keeps them. Rejects with `unavailable` while that is away. */
export interface DeviceTable {
  load(): Promise<readonly KnownDevice[]>
  /** Writes them as they are now, with their connections; of those the latest ones stay. */
  save(devices: readonly KnownDevice[], contacts: readonly KeptContact[]): Promise<void>
  contactsOf(device: string): Promise<readonly KeptContact[]>
  forget(devices: readonly Pick<KnownDevice, 'device' | 'app' | 'user'>[]): Promise<void>
  /** Builds that ran here, the first one first; from now on this one among them. */
  noteBuild(build: string, at: number): Promise<readonly string[]>
}

/** Connections kept of one app of one person on one device. */
export const contactsKeptMax = 50

const instant = (name: string): string => `(extract(epoch from ${name}) * 1000)::float8`
const columns = `device, app, user_name as "user", build, protocol, address, ${instant('first_contact_at')} as "firstContactAt",
  ${instant('last_contact_at')} as "lastContactAt", announced_seq::float8 as "announcedSeq",
  answered_seq::float8 as "answeredSeq", ${instant('told_at')} as "toldAt", ended_seq::float8 as "endedSeq",
  unsent_count as "unsentCount", attention_count as "attentionCount", cached_count as "cachedCount",
  storage_used_bytes::float8 as "storageUsedBytes", storage_quota_bytes::float8 as "storageQuotaBytes",
  clock_offset_ms::float8 as "clockOffsetMs", ${instant('unsent_since')} as "unsentSince", storage_id as "storageId",
  ${instant('storage_lost_at')} as "storageLostAt", lost_count as "lostCount"`

export function createDeviceTable(sql: Client): DeviceTable {
  const query = async <T>(text: string, values: (string | number | null)[] = []): Promise<T[]> => {
    try {
      return await sql.unsafe<T[]>(text, values, { prepare: true })
    } catch (error) {
      throw toDatabaseError(error)
    }
  }
  return {
    load: async () => (await query<KnownDevice>(`select ${columns} from platform.devices`)).map((row) => ({ ...row })),
    save: (devices, contacts) =>
      inTransaction(sql, async (tx) => {
        await saveDevices(tx, devices)
        if (contacts.length === 0) return
        await saveContacts(tx, contacts)
        await dropOldContacts(tx, contacts)
      }),
    contactsOf: (device) =>
      query<KeptContact>(
        `select id, device, app, user_name as "user", service, address, build, ${instant('began_at')} as "from",
           ${instant('ended_at')} as "until"
         from platform.device_contacts where device = $1 order by began_at desc, id`,
        [device],
      ),
    forget: async (devices) => {
      const text = `delete from platform.devices as kept
        using jsonb_to_recordset($1::text::jsonb) as gone (device uuid, app text, "user" text)
        where kept.device = gone.device and kept.app = gone.app and kept.user_name = gone."user"`
      const keys = devices.map(({ device, app, user }) => ({ device, app, user }))
      if (keys.length > 0) await query(text, [JSON.stringify(keys)])
    },
    noteBuild: async (build, at) => {
      const text = `insert into platform.builds (build, first_seen_at) values ($1, to_timestamp($2::float8 / 1000))
        on conflict (build) do nothing`
      await query(text, [build, at])
      const rows = await query<{ build: string }>('select build from platform.builds order by first_seen_at, build')
      return rows.map((row) => row.build)
    },
  }
}

const stamp = (name: string): string => `to_timestamp(said."${name}" / 1000)`

async function saveDevices(tx: QueryRunner, devices: readonly KnownDevice[]): Promise<void> {
  await tx.unsafe(
    `insert into platform.devices (device, app, user_name, build, protocol, address, first_contact_at, last_contact_at,
       announced_seq, answered_seq, told_at, ended_seq, unsent_count, attention_count, cached_count, storage_used_bytes,
       storage_quota_bytes, clock_offset_ms, unsent_since, storage_id, storage_lost_at, lost_count)
     select device, app, "user", build, protocol, address, ${stamp('firstContactAt')}, ${stamp('lastContactAt')},
       "announcedSeq", "answeredSeq", ${stamp('toldAt')}, "endedSeq", "unsentCount", "attentionCount", "cachedCount",
       "storageUsedBytes", "storageQuotaBytes", "clockOffsetMs", ${stamp('unsentSince')}, "storageId",
       ${stamp('storageLostAt')}, "lostCount"
     from jsonb_to_recordset($1::text::jsonb) as said (device uuid, app text, "user" text, build text, protocol integer,
       address text, "firstContactAt" float8, "lastContactAt" float8, "announcedSeq" bigint, "answeredSeq" bigint,
       "toldAt" float8, "endedSeq" bigint, "unsentCount" integer, "attentionCount" integer, "cachedCount" integer,
       "storageUsedBytes" bigint, "storageQuotaBytes" bigint, "clockOffsetMs" bigint, "unsentSince" float8,
       "storageId" uuid, "storageLostAt" float8, "lostCount" integer)
     on conflict (device, app, user_name) do update set (build, protocol, address, first_contact_at, last_contact_at,
       announced_seq, answered_seq, told_at, ended_seq, unsent_count, attention_count, cached_count, storage_used_bytes,
       storage_quota_bytes, clock_offset_ms, unsent_since, storage_id, storage_lost_at, lost_count)
     = (excluded.build, excluded.protocol, excluded.address, excluded.first_contact_at, excluded.last_contact_at,
       excluded.announced_seq, excluded.answered_seq, excluded.told_at, excluded.ended_seq, excluded.unsent_count,
       excluded.attention_count, excluded.cached_count, excluded.storage_used_bytes, excluded.storage_quota_bytes,
       excluded.clock_offset_ms, excluded.unsent_since, excluded.storage_id, excluded.storage_lost_at,
       excluded.lost_count)
     -- Whoever led before and does not know yet must not put back what was.
     where devices.last_contact_at <= excluded.last_contact_at`,
    [JSON.stringify(devices)],
  )
}

async function saveContacts(tx: QueryRunner, contacts: readonly KeptContact[]): Promise<void> {
  await tx.unsafe(
    `insert into platform.device_contacts (id, device, app, user_name, service, address, build, began_at, ended_at)
     select id, device, app, "user", service, address, build, ${stamp('from')}, ${stamp('until')}
     from jsonb_to_recordset($1::text::jsonb) as said (id uuid, device uuid, app text, "user" text, service text,
       address text, build text, "from" float8, "until" float8)
     on conflict (id) do update set ended_at = greatest(device_contacts.ended_at, excluded.ended_at)`,
    [JSON.stringify(contacts)],
  )
}

async function dropOldContacts(tx: QueryRunner, contacts: readonly KeptContact[]): Promise<void> {
  const keys = contacts.map(({ device, app, user }) => ({ device, app, user }))
  await tx.unsafe(
    `delete from platform.device_contacts where id in (
       select id from (
         select kept.id, row_number() over (partition by kept.device, kept.app, kept.user_name
           order by kept.began_at desc, kept.id) as place
         from platform.device_contacts as kept
         join (select distinct device, app, "user" from jsonb_to_recordset($1::text::jsonb)
           as said (device uuid, app text, "user" text)) as changed
         on kept.device = changed.device and kept.app = changed.app and kept.user_name = changed."user"
       ) as placed where place > ${contactsKeptMax})`,
    [JSON.stringify(keys)],
  )
}
