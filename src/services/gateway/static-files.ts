import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { BunFile } from 'bun'

/**
 * Answers with files of a build, so that slow lines carry as little as possible: not at all what the browser has
 * already, and text compressed.
 *
 * Promises: a file is compressed once and kept; what is kept is bounded; a file that was replaced is read anew.
 */
export interface StaticFiles {
  serve(request: Request, file: BunFile, headers: Readonly<Record<string, string>>): Promise<Response>
}

/** Shorter files gain nothing that a person would notice. */
const compressFromBytes = 4 * 1024
const keptBytesMax = 32 * 1024 * 1024
const textTypes = /^(text\/|application\/(javascript|json|manifest\+json|xml)|image\/svg\+xml)/
const compress = promisify(gzip)

type Version = { readonly etag: string; readonly sizeBytes: number }
type Kept = { readonly etag: string; readonly bytes: Uint8Array<ArrayBuffer> }

export function createStaticFiles(options: { readonly keptBytesMax?: number } = {}): StaticFiles {
  const kept = createKept(options.keptBytesMax ?? keptBytesMax)
  const underWay = new Map<string, Promise<Kept>>()

  const compressed = async (file: BunFile, path: string, { etag }: Version): Promise<Kept> => {
    const found = kept.find(path)
    if (found?.etag === etag) return found
    const key = `${path}\n${etag}`
    const making = underWay.get(key) ?? makeCompressed(file, etag).finally(() => underWay.delete(key))
    underWay.set(key, making)
    const made = await making
    kept.keep(path, made)
    return made
  }

  return {
    serve: async (request, file, given) => {
      const version = await versionOf(file)
      const isText = textTypes.test(file.type) && version.sizeBytes >= compressFromBytes
      const headers = {
        'content-type': file.type,
        etag: version.etag,
        ...(isText && { vary: 'accept-encoding' }),
        ...given,
      }
      if (isKnown(request, version.etag)) return new Response(null, { status: 304, headers })
      if (!isText || !takesGzip(request) || file.name === undefined) return new Response(file, { headers })
      const { bytes } = await compressed(file, file.name, version)
      return new Response(bytes, { headers: { ...headers, 'content-encoding': 'gzip' } })
    },
  }
}

/** Weak, because the same tag stands for the file as it is and for the file compressed. */
async function versionOf(file: BunFile): Promise<Version> {
  const { size: sizeBytes, mtimeMs } = await file.stat()
  return { etag: `W/"${sizeBytes.toString(36)}-${Math.round(mtimeMs).toString(36)}"`, sizeBytes }
}

async function makeCompressed(file: BunFile, etag: string): Promise<Kept> {
  return { etag, bytes: Uint8Array.from(await compress(await file.bytes(), { level: 9 })) }
}

function isKnown(request: Request, etag: string): boolean {
  const known = request.headers.get('if-none-match')?.split(',') ?? []
  return known.some((one) => one.trim() === etag)
}

/** Whether gzip is named and not refused with `q=0` (RFC 9110, 12.5.3). */
function takesGzip(request: Request): boolean {
  const accepted = request.headers.get('accept-encoding')?.toLowerCase().split(',') ?? []
  return accepted.some((one) => /^\s*gzip\s*(;\s*q\s*=\s*(?!0(\.0*)?\s*$).*)?$/.test(one))
}

/** The files asked for last, up to a number of bytes. */
function createKept(bytesMax: number) {
  const entries = new Map<string, Kept>()
  let bytesCount = 0
  const drop = (path: string): void => {
    bytesCount -= entries.get(path)?.bytes.length ?? 0
    entries.delete(path)
  }
  return {
    find: (path: string): Kept | undefined => {
      const found = entries.get(path)
      if (found) {
        entries.delete(path)
        entries.set(path, found)
      }
      return found
    },
    keep: (path: string, entry: Kept): void => {
      drop(path)
      entries.set(path, entry)
      bytesCount += entry.bytes.length
      for (const oldest of entries.keys()) {
        if (bytesCount <= bytesMax) return
        drop(oldest)
      }
    },
  }
}
