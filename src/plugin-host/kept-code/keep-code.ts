import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
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
import { hashFiles } from './hash-files.ts'

/** Versions of one projection that are kept, the newest; older ones are forgotten with their code. */
const versionCountMax = 5

type Source = {
  /** Names the code: versions of the packages, and hashes of their files, which change before versions do. */
  readonly source: string
  readonly projections: readonly ProjectionDefinition[]
  bundle(): Promise<string>
}

/**
 * Keeps the code of everything that is projected here: what feeds a version last is what goes on feeding it. One that fails is reported
 * and the others are kept: then an upgrade of it freezes its rows until they are rebuilt, and there is no return.
 */
export async function keepCode(options: {
  readonly sql: Client
  readonly plugins: readonly LoadedPlugin[]
  /** The version of this platform. */
  readonly platform: string
  readonly log: Log
}): Promise<void> {
  const { sql, plugins, platform, log } = options
  const keepOne = async (id: string, find: () => Promise<Source>): Promise<void> => {
    try {
      const source = await find()
      if (!(await hasAll(sql, source))) await keep(sql, source, await source.bundle())
    } catch (error) {
      log.warning(`the code of "${id}" could not be kept: ${describeError(error)}`)
    }
  }
  await keepOne('peek', () => platformSource(platform))
  for (const plugin of plugins) await keepOne(plugin.manifest.id, () => toSource(plugin, plugins))
}

const projectionsFolder = resolve(import.meta.dir, '../../../projections')

async function platformSource(platform: string): Promise<Source> {
  const source = `${platform} ${await hashFiles(projectionsFolder)}`
  return { source, projections: platformProjections, bundle: bundlePlatform }
}

/** Those it requires are part of its code: their events are upcast by them. */
async function toSource(plugin: LoadedPlugin, plugins: readonly LoadedPlugin[]): Promise<Source> {
  const all = [...requiredBy(plugin, plugins), plugin]
  const hashes = await Promise.all(all.map(async ({ version, folder }) => `${version} ${await hashFiles(folder)}`))
  return {
    source: hashes.join(', '),
    projections: plugin.logic?.projections ?? [],
    bundle: () => bundlePlugin(all),
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

async function hasAll(sql: Client, { source, projections }: Source): Promise<boolean> {
  const text = `select count(*)::int as kept from platform.projection_versions v
    join unnest($1::text[], $2::int[], $3::text[]) as wanted (projection, version, shape) using (projection, version, shape)
    where v.source = $4`
  const columns = [projections.map(projectionId), projections.map((one) => one.version), projections.map(shapeHash)]
  const [row] = await sql.unsafe(text, [...columns, source])
  return Number(row?.kept) === projections.length
}

async function keep(sql: Client, { source, projections }: Source, code: string): Promise<void> {
  const hash = createHash('sha256').update(code).digest('hex')
  const compressed = await promisify(gzip)(code)
  await inTransaction(sql, async (tx) => {
    const text = `insert into platform.projection_code (hash, code, size_bytes) values ($1, $2, $3) on conflict do nothing`
    await tx.unsafe(text, [hash, compressed, Buffer.byteLength(code)])
    for (const definition of projections) await keepVersion(tx, definition, { source, hash })
    await forgetOld(tx)
  })
}

async function keepVersion(
  tx: QueryRunner,
  definition: ProjectionDefinition,
  code: { readonly source: string; readonly hash: string },
): Promise<void> {
  const text = `insert into platform.projection_versions (projection, version, shape, source, hash)
    values ($1, $2, $3, $4, $5) on conflict (projection, version) do update set
    shape = excluded.shape, source = excluded.source, hash = excluded.hash, kept_at = now()`
  const { version } = definition
  await tx.unsafe(text, [projectionId(definition), version, shapeHash(definition), code.source, code.hash])
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
