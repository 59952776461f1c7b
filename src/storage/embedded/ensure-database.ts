/** Makes sure the server holds our database, and that it answers. */
import postgres from 'postgres'

const connectTimeoutSeconds = 30

/** Answers the url of the database. Called under the start lock: nobody else creates it meanwhile. */
export async function ensureDatabase(options: {
  readonly port: number
  readonly password: string
  readonly databaseName: string
}): Promise<string> {
  const urlOf = (name: string) => `postgres://postgres:${options.password}@127.0.0.1:${options.port}/${name}`
  const sql = postgres(urlOf('postgres'), {
    max: 1,
    connect_timeout: connectTimeoutSeconds,
    fetch_types: false,
    onnotice: () => undefined,
  })
  try {
    const found = await sql`select 1 from pg_database where datname = ${options.databaseName}`
    if (found.length === 0) await sql`create database ${sql(options.databaseName)}`
  } finally {
    await sql.end({ timeout: 1 })
  }
  return urlOf(options.databaseName)
}
