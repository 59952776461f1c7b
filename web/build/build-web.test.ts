import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { inlineScripts } from './content-security-policy.ts'
import { sharedModules } from './shared-modules.ts'
import { webApps } from './web-apps.ts'
import { readWebManifest } from './web-manifest.ts'

/** A root with three tiny shells, a good plugin and one that brings its own copy of the platform. */
const files = {
  'package.json': JSON.stringify({
    version: '1.2.3',
    imports: {
      '#plugin-api/shared': './src/shared.ts',
      '#web/sdk': './web/sdk/index.ts',
      '#web/ui': './web/ui/index.ts',
      '#*': './src/*',
    },
  }),
  'src/shared.ts': 'export const contract = "shared by all"',
  'web/sdk/index.ts': 'export const sdk = "sdk"',
  'web/ui/index.ts': `import { counted } from './counted.ts'\nexport const title = (name: string): string => name + counted`,
  'web/ui/counted.ts': 'export let counted = (globalThis.madeCount = (globalThis.madeCount ?? 0) + 1)',
  'web/shells/service-worker/main.ts': "import { name } from './name.ts'\nself.addEventListener('fetch', () => name)",
  'web/shells/service-worker/name.ts': "export const name = 'worker of all apps'",
  ...Object.fromEntries(webApps.flatMap((app) => Object.entries(shellFiles(app)))),
  'plugins/good/package.json': manifestOf('good'),
  'plugins/good/assets/icon.svg': '<svg/>',
  'plugins/good/ui/page.tsx': `
    import Minus from 'lucide-solid/icons/minus'
    import { createSignal } from 'solid-js'
    import { title } from '#web/ui'
    import { contract } from '#plugin-api/shared'
    import './page.css'
    export const more = () => import('./later.ts')
    export function Screen() { const [count] = createSignal(1); return <p><Minus />{title(contract)}{count()}</p> }`,
  'plugins/good/ui/page.css': '.good { color: red }',
  'plugins/good/ui/later.ts': 'export const later = "loaded when it is wanted"',
  'plugins/greedy/package.json': manifestOf('greedy'),
  'plugins/greedy/ui/page.tsx': "import { contract } from '#shared.ts'\nexport const Screen = () => <p>{contract}</p>",
}

function shellFiles(app: string): Record<string, string> {
  return {
    [`web/shells/${app}/later.ts`]: `import { sdk } from '#web/sdk'\nimport { counted } from '../../ui/counted.ts'\nexport const page = 'a page that is opened later, ' + sdk + counted`,
    [`web/shells/${app}/later-too.ts`]: `import { counted } from '../../ui/counted.ts'\nexport const page = 'another page, ' + counted`,
    [`web/shells/${app}/index.html`]:
      '<!doctype html><html><head><!--import-map--><!--early-start--></head><body><div id="app"></div><script type="module" src="./main.tsx"></script></body></html>',
    [`web/shells/${app}/main.tsx`]: `import { render } from 'solid-js/web'
import { sdk } from '#web/sdk'
import { counted } from '../../ui/counted.ts'
globalThis.openLater = () => [import('./later.ts'), import('./later-too.ts')]
render(() => <p>{sdk}{counted}</p>, document.body)`,
  }
}

function manifestOf(id: string): string {
  return JSON.stringify({
    peek: { id, apps: { field: { screens: [{ path: '', title: id, module: 'ui/page.tsx' }] } } },
  })
}

/** A bundler in a process of its own, several times over in some: minutes on a machine that is slow. */
const buildsMsMax = 240_000

let root: string
let outDir: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'peek-build-web-'))
  outDir = join(root, 'web/dist')
  for (const [file, text] of Object.entries(files)) await Bun.write(join(root, file), text)
  await symlink(join(import.meta.dir, '../../node_modules'), join(root, 'node_modules'))
  await build()
}, buildsMsMax)
afterAll(() => rm(root, { recursive: true }))

/** In a process of its own, as a service does it: these tests may run beside a made-up browser, a bundler should not. */
async function build(): Promise<void> {
  const script = `
    import { buildWeb } from ${JSON.stringify(join(import.meta.dir, 'build-web.ts'))}
    import { silentLog } from '#kernel/log.ts'
    await buildWeb({ root: ${JSON.stringify(root)}, outDir: ${JSON.stringify(outDir)}, log: silentLog })`
  const child = Bun.spawn([process.execPath, '-e', script], { cwd: import.meta.dir, stdout: 'ignore', stderr: 'pipe' })
  const [words, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code !== 0) throw new Error(`The build ended with code ${code}: ${words}`)
}

async function builtManifest() {
  const manifest = await readWebManifest(outDir)
  if (manifest === undefined) throw new Error('The build left no manifest')
  return manifest
}

test('every shell names a URL that exists for every shared module', async () => {
  const { apps } = await builtManifest()
  for (const app of webApps) {
    const html = await Bun.file(join(outDir, apps[app]?.index ?? '')).text()
    const map = JSON.parse(inlineScripts(html)[0] ?? '') as { imports: Record<string, string> }
    expect(Object.keys(map.imports)).toEqual(expect.arrayContaining([...sharedModules]))
    for (const url of Object.values(map.imports)) expect(await Bun.file(join(outDir, app, url)).exists()).toBe(true)
  }
})

test('every page says which build it is of', async () => {
  const { apps } = await builtManifest()
  for (const app of webApps)
    expect(await Bun.file(join(outDir, apps[app]?.index ?? '')).text()).toContain(
      '<meta name="peek-build" content="1.2.3">',
    )
})

test('a plugin screen leaves the shared modules to the page and carries only its own code', async () => {
  const screen = (await builtManifest()).plugins.good?.['ui/page.tsx']
  const code = await Bun.file(join(outDir, screen?.url ?? '')).text()
  const imports = new Bun.Transpiler({ loader: 'js' }).scanImports(code).map(({ path }) => path)
  const shared = imports.filter((path) => !path.startsWith('./'))
  expect(new Set(shared)).toEqual(new Set(['solid-js', 'solid-js/web', '#web/ui', '#plugin-api/shared']))
  expect(code.length).toBeLessThan(2_500)
  expect(code).toContain('Screen')
  // The drawing comes along; what shows it is the page's.
  expect(code).toContain('SvgIcon')
  expect(code).toContain('M5 12h14')
})

test('style sheets and assets of a plugin have hashed names and are named in the manifest', async () => {
  const good = (await builtManifest()).plugins.good
  const css = good?.['ui/page.tsx']?.css ?? []
  const icon = good?.['assets/icon.svg']?.url ?? ''
  expect(css).toHaveLength(1)
  expect(icon).toMatch(/^\/plugins\/good\/icon-[0-9a-f]{10}\.svg$/)
  for (const url of [...css, icon]) expect(await Bun.file(join(outDir, url)).exists()).toBe(true)
})

test('a screen names what it may come to load', async () => {
  const needs = (await builtManifest()).plugins.good?.['ui/page.tsx']?.needs ?? []
  expect(needs).toHaveLength(1)
  expect(await Bun.file(join(outDir, needs[0] ?? '')).text()).toContain('loaded when it is wanted')
})

test('every file of the build is named with what tells a whole copy from another', async () => {
  const { files: built } = await builtManifest()
  expect(Object.keys(built)).toContain('field/index.html')
  for (const [path, { hash, sizeBytes }] of Object.entries(built)) {
    const bytes = await Bun.file(join(outDir, path)).bytes()
    expect(bytes.length, path).toBe(sizeBytes)
    expect(new Bun.CryptoHasher('sha256').update(bytes).digest('base64url'), path).toBe(hash)
  }
})

test('a page asks for its manifest before its code is read, and has the modules of screens fetched with its own', async () => {
  for (const app of webApps) {
    const html = await Bun.file(join(outDir, app, 'index.html')).text()
    expect(html.includes('window.peekManifest=')).toBe(app !== 'admin')
    const { imports } = JSON.parse(/<script type="importmap">(.*?)<\/script>/.exec(html)?.[1] ?? '')
    for (const name of sharedModules)
      expect(html).toContain(`<link rel="modulepreload" crossorigin href="${imports[name]}">`)
  }
})

test('a page starts with one plain script, and what it loads later shares the modules in it', async () => {
  for (const app of webApps) {
    const html = await Bun.file(join(outDir, app, 'index.html')).text()
    expect(html).not.toContain('type="module"')
    const [, url = ''] = /<script defer src="([^"]+)"><\/script>/.exec(html) ?? []
    const text = await Bun.file(join(outDir, app, url)).text()
    expect(text).not.toMatch(/\bimport\s*[{"'*]|\bexport\b|import\.meta/)
    expect(text).toContain('madeCount')
    // What was a module is strict: it throws where it writes to what is frozen.
    expect(text).toMatch(/^(\/\/.*\n)*"use strict";/)

    const built = Object.keys((await builtManifest()).files).filter((file) => file.startsWith(`${app}/assets/`))
    const texts = await Promise.all(
      built.map(async (file) => [file, await Bun.file(join(outDir, file)).text()] as const),
    )
    expect(texts.filter(([, code]) => code.includes('madeCount'))).toHaveLength(1)
    const later = texts.find(([, code]) => code.includes('a page that is opened later'))
    expect(text).toContain(later?.[0].slice(app.length) ?? 'no such file')
    // Each module that is still asked for hands on what the script has: the page says where such a one is.
    const { imports } = JSON.parse(inlineScripts(html)[0] ?? '') as { imports: Record<string, string> }
    const wanted = texts
      .filter(([file]) => file.endsWith('.js') && !file.endsWith(url))
      .flatMap(([file, code]) =>
        new Bun.Transpiler({ loader: 'js' }).scanImports(code).map(({ path }) => join(dirname(file), path)),
      )
      .map((file) => app + imports[file.slice(app.length)])
    expect(wanted.length).toBeGreaterThan(0)
    for (const file of wanted) expect(texts.find(([name]) => name === file)?.[1]).toContain('globalThis.peekModules')
  }
})

test('a page says which shell it is, and the manifest the same', async () => {
  const { apps } = await builtManifest()
  for (const app of webApps) {
    const shell = apps[app]?.shell ?? ''
    expect(shell).toMatch(/^[\w-]{16}$/)
    expect(await Bun.file(join(outDir, app, 'index.html')).text()).toContain(
      `<meta name="peek-shell" content="${shell}">`,
    )
  }
})

test('the service worker is one plain script, in the apps that start without a network', async () => {
  const worker = await Bun.file(join(outDir, 'field/sw.js')).text()
  expect(worker).toContain('worker of all apps')
  expect(worker).toMatch(/^"use strict";/)
  expect(worker).not.toMatch(/\b(import|export)\b/)
  expect(await Bun.file(join(outDir, 'office/sw.js')).text()).toBe(worker)
  expect(await Bun.file(join(outDir, 'admin/sw.js')).exists()).toBe(false)
})

test('a plugin that imports platform code is left out by name, and the others are built', async () => {
  const { failures, plugins } = await builtManifest()
  expect(Object.keys(plugins)).toEqual(['good'])
  expect(failures.greedy).toContain('plugins/greedy/ui/page.tsx imports "#shared.ts"')
})

test(
  'an address with a hash in it stands for one text, whatever the build',
  async () => {
    const { files: before } = await builtManifest()
    // What the field app started with is loaded later now.
    await Bun.write(join(root, 'web/ui/index.ts'), 'export const title = (name: string): string => name')
    await Bun.write(
      join(root, 'web/shells/field/main.tsx'),
      "globalThis.openLater = () => [import('./later.ts'), import('./later-too.ts')]",
    )
    await build()
    const { files: after } = await builtManifest()
    const both = Object.keys(after).filter(
      (file) => /^(\w+\/assets|plugins)\//.test(file) && before[file] !== undefined,
    )
    expect(both.length).toBeGreaterThan(0)
    for (const file of both) expect({ file, ...after[file] }).toEqual({ file, ...before[file] })
  },
  buildsMsMax,
)

test(
  'nothing is built when no input changed, and a changed one keeps the former files for open pages',
  async () => {
    await rm(join(root, 'plugins/greedy'), { recursive: true })
    await build()
    const builtAt = (await stat(outDir)).ino
    const formerUrl = (await builtManifest()).plugins.good?.['ui/page.tsx']?.url ?? ''
    await build()
    expect((await stat(outDir)).ino).toBe(builtAt)

    await Bun.write(join(root, 'src/shared.ts'), 'export const contract = "another"')
    await Bun.write(
      join(root, 'plugins/good/ui/page.tsx'),
      `${files['plugins/good/ui/page.tsx']}\nexport const another = 1`,
    )
    await build()
    const url = (await builtManifest()).plugins.good?.['ui/page.tsx']?.url ?? ''
    expect(url).not.toBe(formerUrl)
    for (const known of [url, formerUrl]) expect(await Bun.file(join(outDir, known)).exists()).toBe(true)
    expect(await readdir(join(root, 'web'))).not.toContainEqual(expect.stringContaining('building'))
  },
  buildsMsMax,
)
