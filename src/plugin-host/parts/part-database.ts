import { PlatformError } from '#kernel/platform-error.ts'
import type { PartContext } from '#plugin-api/part-context.ts'
import { type Database, openDatabase } from '#storage/database.ts'

/** A part's own connections: few, since every plugin has its own, and opened when first used. */
const connectionsMax = 3
/** Well within the time that a part has to stop. */
const closeTimeoutSeconds = 1

/** The schema of what a plugin stores besides its read models. */
export function pluginSchemaName(plugin: string): string {
  return `pl_${plugin}`.replaceAll('-', '_')
}

/**
 * The database of one part: a name without a schema is one of the plugin's own. Closed when the part stops.
 * `url` is asked for once, when the part starts.
 */
export function openPartDatabase(
  context: PartContext,
  { url, service }: { url: () => string; service: string },
): Database {
  const { plugin, log, onStop } = context
  const database = openDatabase({
    url: url(),
    log,
    applicationName: `peek ${service} ${plugin}`,
    maxConnections: connectionsMax,
    schemaName: pluginSchemaName(plugin),
  })
  onStop(() => database.close(closeTimeoutSeconds))
  const close = (): Promise<void> =>
    Promise.reject(
      new PlatformError('forbidden', 'The database of a part is closed by the platform when the part stops.'),
    )
  return { ...database, close }
}
