import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import swaggerPackage from 'swagger-ui-dist/package.json' with { type: 'json' }

/**
 * The files of the page that shows a plugin's document: those of Swagger UI as they lie on our own disk, and ours. Nothing
 * is asked of another site, so that the page works in a network without a way out.
 */
export interface PageFiles {
  /** Undefined for a name that is none of them. */
  serve(name: string, request: Request): Promise<Response | undefined>
}

type PageFile = { readonly type: string; load(): Promise<Uint8Array<ArrayBuffer>> }

const compress = promisify(gzip)
const etag = `"${swaggerPackage.version}"`

export function createPageFiles(): PageFiles {
  /** Compressed once, when somebody asks. */
  const made = new Map<string, Promise<Uint8Array<ArrayBuffer>>>()
  const compressed = (name: string, file: PageFile): Promise<Uint8Array<ArrayBuffer>> => {
    const known = made.get(name) ?? file.load().then(async (bytes) => Uint8Array.from(await compress(bytes)))
    made.set(name, known)
    known.catch(() => made.delete(name))
    return known
  }
  return {
    serve: async (name, request) => {
      const file = Object.hasOwn(files, name) ? files[name] : undefined
      if (!file) return undefined
      const headers = {
        'content-type': file.type,
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        vary: 'accept-encoding',
        etag,
      }
      if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers })
      if (!/\bgzip\b/.test(request.headers.get('accept-encoding') ?? ''))
        return new Response(await file.load(), { headers })
      return new Response(await compressed(name, file), { headers: { ...headers, 'content-encoding': 'gzip' } })
    },
  }
}

const script = 'text/javascript; charset=utf-8'
const style = 'text/css; charset=utf-8'

const files: { readonly [name: string]: PageFile } = {
  'swagger-ui-bundle.js': fromSwagger('swagger-ui-bundle.js', script),
  'swagger-ui.css': fromSwagger('swagger-ui.css', style),
  'favicon.png': fromSwagger('favicon-32x32.png', 'image/png'),
  'start.js': ours('start-page.js', script),
  'page.css': ours('page.css', style),
}

function fromSwagger(name: string, type: string): PageFile {
  return { type, load: () => Bun.file(Bun.resolveSync(`swagger-ui-dist/${name}`, import.meta.dir)).bytes() }
}

function ours(name: string, type: string): PageFile {
  return { type, load: () => Bun.file(`${import.meta.dir}/${name}`).bytes() }
}
