/**
 * Locks by name inside Postgres. They know nothing of tables: all who care must take the same name. They are per
 * database, and a session may take the same one again.
 */
import type { QueryRunner } from './client.ts'

/** SQL for the key of the lock whose name is parameter `$n`; 64 bits, so two names do not meet by chance. */
export const lockKeySql = (parameter: `$${number}`): string => `hashtextextended('peek:' || ${parameter}, 0)`

/** Waits for the lock and holds it until the transaction ends. The first statement of its transaction, always. */
export async function lockUntilCommit(tx: QueryRunner, name: string): Promise<void> {
  await tx.unsafe(`select pg_advisory_xact_lock(${lockKeySql('$1')})`, [name], { prepare: true })
}
