import type { LogicContext } from '#plugin-api'

export type KeptNote = { readonly schema: string; readonly words: string }

/** Writes a note into a table that a migration has made, reads it again, with the schema it is in, and takes it away. */
export async function keepNote(
  { sql }: Pick<LogicContext['database'], 'sql'>,
  { id, words }: { readonly id: string; readonly words: string },
): Promise<KeptNote> {
  await sql`insert into notes (id, words) values (${id}, ${words})`
  const [found] = await sql<KeptNote[]>`
    select words, (select relnamespace::regnamespace::text from pg_class where oid = 'notes'::regclass) as schema
    from notes where id = ${id}`
  await sql`delete from notes where id = ${id}`
  return { schema: found?.schema ?? '', words: found?.words ?? '' }
}
