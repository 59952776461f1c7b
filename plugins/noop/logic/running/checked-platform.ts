import { eq } from 'drizzle-orm'
import type { LogicContext } from '#plugin-api'
import { keepNote } from '../../parts/keep-note.ts'
import { countersModel, everythingModel } from '../../storage/models.ts'
import type { CheckedPlatform } from '../checks/check.ts'

/** The platform as checks see it: the context of this part, and the plugin's own tables. */
export function toCheckedPlatform(
  { rpc, push, jobs, database }: LogicContext,
  { signal, mark, key, jobKey }: { signal: AbortSignal; mark: string; key: string; jobKey: string },
): CheckedPlatform {
  const { db } = database
  const counters = countersModel.tables.rows
  const everything = everythingModel.tables.rows
  return {
    rpc,
    jobs,
    signal,
    mark,
    key,
    jobKey,
    newId: () => crypto.randomUUID(),
    push: async (action, fields, id) => {
      const answer = await push(action, fields, id === undefined ? {} : { id })
      if (answer.outcome === 'failed') throw new Error(`${action.name} had no answer: ${answer.kind} (${answer.words})`)
      return answer
    },
    counter: async (id) => {
      const { value, reactions } = counters
      return (await db.select({ value, reactions }).from(counters).where(eq(counters.id, id)))[0]
    },
    everything: async (id) => {
      const [row] = await db.select().from(everything).where(eq(everything.id, id))
      if (row === undefined) return undefined
      return row.choice === 'first' || row.choice === 'second' ? { ...row, choice: row.choice } : undefined
    },
    keepNote: (id, words) => keepNote(database, { id, words }),
  }
}
