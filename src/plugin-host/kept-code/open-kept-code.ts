import { createHash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { upcastEvent } from '#event-store/upcast.ts'
import { newUuid } from '#kernel/ids.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { projectionId } from '#projection/define-projection.ts'
import type { KeptProjectionCode, ProjectionCode } from '#projection/projection-code.ts'
import type { Client } from '#storage/client.ts'
import { type KeptCode, type KeptModule, keptFormat } from './kept-module.ts'

/**
 * Kept code from Postgres, by way of files in a folder of this process: a module is loaded from a path.
 *
 * Promises: a file is what Postgres holds under its hash, or is written anew. Errors: `plugin-failed` where code was kept
 * and does not load.
 */
export function openKeptCode(options: { readonly sql: Client; readonly folder: string }): KeptProjectionCode {
  const { sql, folder } = options
  return {
    find: async (projection, version) => {
      const text = `select hash from platform.projection_versions where projection = $1 and version = $2`
      const [row] = await sql.unsafe(text, [projection, version])
      if (!row) return undefined
      const file = await ensureFile(sql, folder, String(row.hash))
      const codes = await loadModule(file)
      const found = codes.find(
        ({ definition }) => projectionId(definition) === projection && definition.version === version,
      )
      if (!found) throw failed(`Its file has no version ${version} of ${projection}.`)
      return toCode(found)
    },
    versions: async (projection) => {
      const text = `select version, extract(epoch from kept_at)::float8 * 1000 as kept_at
        from platform.projection_versions where projection = $1 order by version desc`
      const rows = await sql.unsafe(text, [projection])
      return rows.map((row) => ({ version: Number(row.version), keptAt: Math.floor(Number(row.kept_at)) }))
    },
  }
}

async function ensureFile(sql: Client, folder: string, hash: string): Promise<string> {
  const file = join(folder, `${hash}.mjs`)
  if (await hasHash(file, hash)) return file
  const [row] = await sql.unsafe('select code from platform.projection_code where hash = $1', [hash])
  if (!(row?.code instanceof Uint8Array)) throw failed(`Postgres has no code under ${hash}.`)
  const code = await promisify(gunzip)(row.code)
  if (hashOf(code) !== hash) throw failed(`The code under ${hash} is not what was kept.`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const draft = join(folder, `${newUuid()}.draft`)
  await writeFile(draft, code, { mode: 0o600 })
  await rename(draft, file)
  return file
}

async function hasHash(file: string, hash: string): Promise<boolean> {
  try {
    return hashOf(await readFile(file)) === hash
  } catch {
    return false
  }
}

function hashOf(code: Uint8Array): string {
  return createHash('sha256').update(code).digest('hex')
}

async function loadModule(file: string): Promise<readonly KeptCode[]> {
  try {
    const module: unknown = await import(file)
    if (isKeptModule(module)) return await module.load()
  } catch (cause) {
    throw failed('It fails as it is loaded.', cause)
  }
  throw failed(`It is not of a form this build understands, which is ${keptFormat}.`)
}

function isKeptModule(module: unknown): module is KeptModule {
  return typeof module === 'object' && module !== null && 'format' in module && module.format === keptFormat
}

function toCode({ definition, upcast, watchedFields }: KeptCode): ProjectionCode {
  return { definition, upcast: upcast ?? upcastEvent, ...(watchedFields && { watchedFields }) }
}

function failed(words: string, cause?: unknown): PlatformError {
  return new PlatformError('plugin-failed', `Kept code cannot be used: ${words}`, { cause })
}
