import { statfs } from 'node:fs/promises'
import type { Client } from '#storage/client.ts'

/** Room on the disk of a database on this machine; null of one elsewhere, or one that does not say where its files are. */
export async function loadDiskFreeBytes(sql: Client): Promise<number | null> {
  const host = sql.options.host[0] ?? ''
  if (!['localhost', '127.0.0.1', '::1'].includes(host) && !host.startsWith('/')) return null
  try {
    const [row] = await sql.unsafe(`select setting from pg_settings where name = 'data_directory'`)
    if (typeof row?.setting !== 'string') return null
    const { bavail, bsize } = await statfs(row.setting)
    return bavail * bsize
  } catch {
    // In a container of its own, or not ours to look at.
    return null
  }
}
