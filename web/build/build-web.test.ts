import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  'web/ui/index.ts': 'export const title = (name: string): string => name + "!"',
  ...Object.fromEntries(webApps.flatMap((app) => Object.entries(shellFiles(app)))),
  'plugins/good/package.json': manifestOf('good'),
  'plugins/good/assets/icon.svg': '<svg/>',
  'plugins/good/ui/page.tsx': `
    import { createSignal } from 'solid-js'
    import { title } from '#web/ui'
    import { contract } from '#plugin-api/shared'
    import './page.css'
    export function Screen() { const [count] = createSignal(1); return <p>{title(contract)}{count()}</p> }`,
  'plugins/good/ui/page.css': '.good { color: red }',
  'plugins/greedy/package.json': manifestOf('greedy'),
  'plugins/greedy/ui/page.tsx': "import { contract } from '#shared.ts'\nexport const Screen = () => <p>{contract}</p>",
}

function shellFiles(app: string): Record<string, string> {
  return {
    [`web/shells/${app}/index.html`]:
      '<!doctype html><html><head><!--import-map--></head><body><div id="app"></div><script type="module" src="./main.tsx"></script></body></html>',
    [`web/shells/${app}/main.tsx`]: `import { render } from 'solid-js/web'\nimport { sdk } from '#web/sdk'\nrender(() => <p>{sdk}</p>, document.body)`,
  }
}

function manifestOf(id: string): string {
  return JSON.stringify({
    peek: { id, apps: { field: { screens: [{ path: '', title: id, module: 'ui/page.tsx' }] } } },
  })
}

let root: string
let outDir: string

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'peek-build-web-'))
  outDir = join(root, 'web/dist')
  for (const [file, text] of Object.entries(files)) await Bun.write(join(root, file), text)
  await symlink(join(import.meta.dir, '../../node_modules'), join(root, 'node_modules'))
  await build()
})
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
    expect(Object.keys(map.imports)).toEqual([...sharedModules])
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
  expect(new Set(imports)).toEqual(new Set(['solid-js', 'solid-js/web', '#web/ui', '#plugin-api/shared']))
  expect(code.length).toBeLessThan(2_000)
  expect(code).toContain('Screen')
})

test('style sheets and assets of a plugin have hashed names and are named in the manifest', async () => {
  const good = (await builtManifest()).plugins.good
  const css = good?.['ui/page.tsx']?.css ?? []
  const icon = good?.['assets/icon.svg']?.url ?? ''
  expect(css).toHaveLength(1)
  expect(icon).toMatch(/^\/plugins\/good\/icon-[0-9a-f]{10}\.svg$/)
  for (const url of [...css, icon]) expect(await Bun.file(join(outDir, url)).exists()).toBe(true)
})

test('a plugin that imports platform code is left out by name, and the others are built', async () => {
  const { failures, plugins } = await builtManifest()
  expect(Object.keys(plugins)).toEqual(['good'])
  expect(failures.greedy).toContain('plugins/greedy/ui/page.tsx imports "#shared.ts"')
})

test('nothing is built when no input changed, and a changed one keeps the former files for open pages', async () => {
  await rm(join(root, 'plugins/greedy'), { recursive: true })
  await build()
  const builtAt = (await stat(outDir)).ino
  const formerUrl = (await builtManifest()).plugins.good?.['ui/page.tsx']?.url ?? ''
  await build()
  expect((await stat(outDir)).ino).toBe(builtAt)

  await Bun.write(join(root, 'src/shared.ts'), 'export const contract = "another"')
  await Bun.write(join(root, 'plugins/good/ui/page.tsx'), `${files['plugins/good/ui/page.tsx']}\nexport const more = 1`)
  await build()
  const url = (await builtManifest()).plugins.good?.['ui/page.tsx']?.url ?? ''
  expect(url).not.toBe(formerUrl)
  for (const known of [url, formerUrl]) expect(await Bun.file(join(outDir, known)).exists()).toBe(true)
  expect(await readdir(join(root, 'web'))).not.toContainEqual(expect.stringContaining('building'))
})
