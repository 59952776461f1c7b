/**
 * The field app as its service serves it, without anything behind it, in builds that differ from each other: what a device
 * keeps of an app, and how it comes to another, needs no more.
 *
 * Promises: real pages, real code, the real site; a build's plugins are small screens that say which build they are of.
 */
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { silentLog } from '#kernel/log.ts'
import type { AppManifest } from '#plugin-host/app-manifest.ts'
import { createAppSite } from '#services/gateway/app-site.ts'
import { buildWeb } from '#web/build/build-web.ts'
import { builtFiles } from '#web/build/built-files.ts'
import { readWebManifest } from '#web/build/web-manifest.ts'
import { projectFolder } from './platform.ts'

export type AppBuild = {
  /** In the page, and on every screen. */
  readonly name: string
  /** Another name, another shell; equal, and only plugins differ. */
  readonly shell: string
  readonly plugins: readonly string[]
}

type Answer = Response | undefined | Promise<Response | undefined>

export interface AppServer extends Disposable {
  readonly url: string
  /** From now on it serves this one, and the files of the others are gone. */
  serve(build: AppBuild, offline?: 'kept' | 'removed' | 'none'): Promise<void>
  /** What stands before the site: the network, a proxy, somebody's sign-in page. Undefined passes. */
  intercept(answer: ((path: string) => Answer) | undefined): void
  /** Every path that was asked for, since the last time this was read. */
  takeAsked(): readonly string[]
  /** How much was sent for that, as it travels. */
  takeSentBytes(): number
}

export async function startAppServer(folder: string): Promise<AppServer> {
  const dist = join(projectFolder, 'web/dist')
  await buildWeb({ root: projectFolder, outDir: dist, log: silentLog })
  let site: ReturnType<typeof createAppSite> | undefined
  let between: (path: string) => Answer = () => undefined
  let asked: string[] = []
  let sentBytes = 0
  const server = Bun.serve({
    port: 0,
    fetch: async (request) => {
      const path = new URL(request.url).pathname
      asked.push(path)
      if (path === '/vortex') return new Response('', { status: 503 })
      const answer = (await between(path)) ?? (await site?.fetch(request))
      if (answer === undefined) return new Response('', { status: 503 })
      const body = answer.body === null ? null : await answer.clone().arrayBuffer()
      sentBytes += body?.byteLength ?? 0
      return new Response(body, { status: answer.status, headers: answer.headers })
    },
  })
  return {
    url: `http://localhost:${server.port}`,
    serve: async (build, offline = 'kept') => {
      const distFolder = join(folder, `${build.name}-${build.plugins.join('-')}`)
      await writeBuild(dist, distFolder, build)
      site = createAppSite({ app: 'field', distFolder, offline, manifest: () => toManifest(build) })
    },
    intercept: (answer) => {
      between = answer ?? (() => undefined)
    },
    takeAsked: () => {
      const paths = asked
      asked = []
      return paths
    },
    takeSentBytes: () => {
      const bytes = sentBytes
      sentBytes = 0
      return bytes
    },
    [Symbol.dispose]: () => void server.stop(true),
  }
}

async function writeBuild(dist: string, folder: string, build: AppBuild): Promise<void> {
  const made = await readWebManifest(dist)
  // Without those of the build before, which are kept for its pages.
  for (const path of Object.keys(made?.files ?? {}))
    if (path.startsWith('field/')) await cp(join(dist, path), join(folder, path))
  const index = join(folder, 'field/index.html')
  const html = await readFile(index, 'utf8')
  const named = html
    .replace(/(<meta name="peek-build" content=")[^"]*/, `$1${build.name}`)
    .replace(/(<meta name="peek-shell" content=")[^"]*/, `$1shell-${build.shell}`)
  await writeFile(index, named)
  for (const plugin of build.plugins) {
    await mkdir(join(folder, 'plugins', plugin), { recursive: true })
    await writeFile(join(folder, screenUrl(build, plugin)), screenModule(build, plugin))
  }
  const apps = { field: { index: 'field/index.html', csp: made?.apps.field?.csp ?? '', shell: `shell-${build.shell}` } }
  const plugins = Object.fromEntries(
    build.plugins.map((id) => [id, { 'ui/screen.tsx': { url: screenUrl(build, id) } }]),
  )
  const manifest = { apps, plugins, failures: {}, inputHash: '', sources: [], files: await builtFiles(folder) }
  await writeFile(join(folder, 'web-manifest.json'), JSON.stringify(manifest))
}

function toManifest(build: AppBuild): AppManifest {
  return {
    app: 'field',
    title: 'Peek',
    build: build.name,
    plugins: build.plugins.map((id) => ({
      id,
      title: `Plugin ${id}`,
      words: '',
      iconUrl: null,
      home: [{ title: `Plugin ${id}`, words: '', path: '' }],
      screens: [{ path: '', title: `Screen of ${id}`, url: screenUrl(build, id) }],
    })),
  }
}

const screenUrl = (build: AppBuild, plugin: string): string => `/plugins/${plugin}/screen-${build.name}.js`

/** A text that says what it is of, and a form with one field. */
const screenModule = (build: AppBuild, plugin: string): string => `
import { createSignal } from 'solid-js'
import { useDirty } from '#web/sdk'
export function Screen() {
  performance.mark('screen')
  const [typed, setTyped] = createSignal('')
  useDirty(() => typed() !== '')
  const text = document.createElement('h1')
  text.textContent = '${plugin} of ${build.name}'
  const input = document.createElement('input')
  input.setAttribute('aria-label', 'Note')
  input.addEventListener('input', () => setTyped(input.value))
  return [text, input]
}`
