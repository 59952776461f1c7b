import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import type { Rolldown } from 'vite'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { handOn, putHandedOn } from './handed-on.ts'

/**
 * Makes one plain script of all the modules that a page starts with. Browsers keep what they compiled of a plain script
 * that a service worker has kept, and of a module they do not: an app that starts without a network would compile all of
 * itself at each start. Chromium 156 does so (`v8.compile` events of a trace; modules are compiled again, "streamed").
 *
 * What is loaded later goes on importing modules by the same addresses: the page's import map knows modules in their places
 * that hand on what the script has, so there is one instance of each.
 */
export async function makeStartScript(options: {
  /** The shell's build. */
  readonly folder: string
  readonly output: Rolldown.RolldownOutput
  readonly log: Log
}): Promise<void> {
  const { folder, output, log } = options
  const page = join(folder, 'index.html')
  const html = await readFile(page, 'utf8')
  const chunks = new Map(
    output.output.flatMap((file) => (file.type === 'chunk' ? [[file.fileName, file] as const] : [])),
  )
  const first = findFirst(html, chunks)
  const shared = [...chunks.values()].filter(({ isEntry }) => isEntry)
  const start = chunksBehind([first, ...shared], chunks)
  const handedOn = [...start].filter(
    (chunk) => (shared.includes(chunk) && chunk !== first) || isWantedLater(chunk, start, chunks),
  )
  const code = await joinModules({ folder, first, start, handedOn, log })
  const hash = createHash('sha256').update(code).digest('base64url').slice(0, 8)
  const script = `assets/start-${hash}.js`
  await writeFile(join(folder, script), code)
  for (const { fileName } of start) await rm(join(folder, fileName))
  const modules = handedOn.map(handOn)
  for (const { file, code } of modules) await writeFile(join(folder, file), code)
  const told = putHandedOn(html.replace(moduleScript, ''), modules)
  await writeFile(page, putFirst(told, `<script defer src="/${script}"></script>`))
}

/** What the page asks for first comes first: everything waits for the script, and nothing for a module. */
function putFirst(html: string, tag: string): string {
  return html.replace('<link rel="modulepreload"', (link) => `${tag}\n    ${link}`)
}

type Chunks = ReadonlyMap<string, Rolldown.OutputChunk>

const moduleScript = /<script type="module" crossorigin src="\/([^"]+)"><\/script>/

function findFirst(html: string, chunks: Chunks): Rolldown.OutputChunk {
  const [, file = ''] = moduleScript.exec(html) ?? []
  const chunk = chunks.get(file)
  if (chunk) return chunk
  throw new PlatformError('bad-definition', "The shell's built page has no module script to start with")
}

function chunksBehind(entries: readonly Rolldown.OutputChunk[], chunks: Chunks): ReadonlySet<Rolldown.OutputChunk> {
  const found = new Set(entries)
  for (const chunk of found)
    for (const file of chunk.imports) {
      const behind = chunks.get(file)
      if (behind) found.add(behind)
    }
  return found
}

function isWantedLater(chunk: Rolldown.OutputChunk, start: ReadonlySet<Rolldown.OutputChunk>, chunks: Chunks): boolean {
  const later = [...chunks.values()].filter((other) => !start.has(other))
  const asked = later.some(({ imports, dynamicImports }) => [...imports, ...dynamicImports].includes(chunk.fileName))
  return asked || [...start].some(({ dynamicImports }) => dynamicImports.includes(chunk.fileName))
}

const startId = '\0start'
/**
 * An explicit compile hint of V8: all functions are compiled at the first load, off the page's thread, and are in what the
 * browser keeps. Without it those are compiled one by one, at each start, that did not run at once the first time.
 */
const compileHint = '//# allFunctionsCalledOnLoad'

async function joinModules(options: {
  readonly folder: string
  readonly first: Rolldown.OutputChunk
  readonly start: ReadonlySet<Rolldown.OutputChunk>
  readonly handedOn: readonly Rolldown.OutputChunk[]
  readonly log: Log
}): Promise<string> {
  const { folder, first, start, handedOn, log } = options
  const files = new Set([...start].map(({ fileName }) => join(folder, fileName)))
  const text = [
    ...handedOn.map(({ fileName }, index) => `import * as m${index} from ${JSON.stringify(join(folder, fileName))}`),
    `import ${JSON.stringify(join(folder, first.fileName))}`,
    `globalThis.peekModules = { ${handedOn.map(({ fileName }, index) => `${JSON.stringify(fileName)}: m${index}`).join(', ')} }`,
  ].join('\n')
  const bundle = await rolldown({
    input: startId,
    // Addresses in the build are whole ones: nothing is found relative to the script.
    transform: { define: { 'import.meta.url': 'document.baseURI', 'import.meta.resolve': 'undefined' } },
    onLog: (level, { message }) => log[level === 'warn' ? 'warning' : 'debug'](message),
    plugins: [
      {
        name: 'peek-start-script',
        resolveId: (source, importer) => {
          if (source === startId) return source
          const file = source.startsWith('/') ? source : join(importer ?? '', '..', source)
          return files.has(file) ? file : { id: `/${file.slice(folder.length + 1)}`, external: 'absolute' }
        },
        load: (id) => (id === startId ? text : undefined),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'iife', strict: true, minify: true })
  await bundle.close()
  return `${compileHint}\n${output[0].code}`
}
