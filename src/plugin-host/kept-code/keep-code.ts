import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { must } from '#kernel/assert.ts'
import type { Log } from '#kernel/log.ts'
import { describeError } from '#kernel/platform-error.ts'
import { type ProjectionDefinition, projectionId } from '#projection/define-projection.ts'
import { shapeHash } from '#projection/open-read-model.ts'
import type { Client, QueryRunner } from '#storage/client.ts'
import { inTransaction } from '#storage/in-transaction.ts'
import { platformProjections } from '../all-projections.ts'
import type { LoadedPlugin } from '../load-plugins.ts'
import { bundlePlatform, bundlePlugin } from './bundle-code.ts'

/** Versions of one projection that are kept, the newest; older ones are forgotten with their code. */
const versionCountMax = 5

type Source = {
  readonly id: string
  readonly version: string
  readonly projections: readonly ProjectionDefinition[]
  bundle(): Promise<string>
}

/**
 * Keeps the code of everything that is projected here, once a version of it and of its plugin. One that fails is reported
 * and the others are kept: then an upgrade of it freezes its rows until they are rebuilt, and there is no return.
 */
export async function keepCode(options: {
  readonly sql: Client
  readonly plugins: readonly LoadedPlugin[]
  /** The version of this platform. */
  readonly platform: string
  readonly log: Log
}): Promise<void> {
  const { sql, plugins, log } = options
  const platform = { id: 'peek', version: options.platform, projections: platformProjections, bundle: bundlePlatform }
  for (const source of [platform, ...plugins.map((plugin) => toSource(plugin, plugins))])
    try {
      const isKept = await hasAll(sql, source)
      if (!isKept) await keep(sql, source, await source.bundle())
    } catch (error) {
      log.warning(`the code of "${source.id}" could not be kept: ${describeError(error)}`)
    }
}

function toSource(plugin: LoadedPlugin, plugins: readonly LoadedPlugin[]): Source {
  const { manifest, version, logic } = plugin
  return {
    id: manifest.id,
    version,
    projections: logic?.projections ?? [],
    bundle: () => bundlePlugin([...requiredBy(plugin, plugins), plugin]),
  }
}

/** All that a plugin requires, straight or not, in the order in which they load. */
function requiredBy({ manifest }: LoadedPlugin, plugins: readonly LoadedPlugin[]): readonly LoadedPlugin[] {
  const wanted = new Set<string>()
  const want = (requires: Readonly<Record<string, string>>): void => {
    for (const id of Object.keys(requires)) {
      if (wanted.has(id)) continue
      wanted.add(id)
      want(
        must(
          plugins.find((one) => one.manifest.id === id),
          'what a loaded plugin requires is loaded',
        ).manifest.requires,
      )
    }
  }
  want(manifest.requires)
  return plugins.filter((one) => wanted.has(one.manifest.id))
}

async function hasAll(sql: Client, { version, projections }: Source): Promise<boolean> {
  const text = `select count(*)::int as kept from platform.projection_versions v
    join unnest($1::text[], $2::int[], $3::text[]) as wanted (projection, version, shape) using (projection, version, shape)
    where v.plugin_version = $4`
  const columns = [projections.map(projectionId), projections.map((one) => one.version), projections.map(shapeHash)]
  const [row] = await sql.unsafe(text, [...columns, version])
  return Number(row?.kept) === projections.length
}

async function keep(sql: Client, { version, projections }: Source, code: string): Promise<void> {
  const hash = createHash('sha256').update(code).digest('hex')
  const compressed = await promisify(gzip)(code)
  await inTransaction(sql, async (tx) => {
    const text = `insert into platform.projection_code (hash, code, size_bytes) values ($1, $2, $3) on conflict do nothing`
    await tx.unsafe(text, [hash, compressed, Buffer.byteLength(code)])
    for (const definition of projections) await keepVersion(tx, definition, { version, hash })
    await forgetOld(tx)
  })
}

async function keepVersion(
  tx: QueryRunner,
  definition: ProjectionDefinition,
  plugin: { readonly version: string; readonly hash: string },
): Promise<void> {
  const text = `insert into platform.projection_versions (projection, version, shape, plugin_version, hash)
    values ($1, $2, $3, $4, $5) on conflict (projection, version) do update set
    shape = excluded.shape, plugin_version = excluded.plugin_version, hash = excluded.hash, kept_at = now()`
  const { version } = definition
  await tx.unsafe(text, [projectionId(definition), version, shapeHash(definition), plugin.version, plugin.hash])
}

async function forgetOld(tx: QueryRunner): Promise<void> {
  await tx.unsafe(
    `delete from platform.projection_versions v using (
       select projection, version, row_number() over (partition by projection order by kept_at desc) as place
       from platform.projection_versions) as ranked
     where v.projection = ranked.projection and v.version = ranked.version and ranked.place > $1
       and not exists (select from platform.projection_pins p where p.projection = v.projection and p.version = v.version)`,
    [versionCountMax],
  )
  await tx.unsafe(
    'delete from platform.projection_code where hash not in (select hash from platform.projection_versions)',
  )
}
