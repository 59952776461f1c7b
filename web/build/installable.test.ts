import { expect, test } from 'bun:test'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { webApps } from './web-apps.ts'

type Icon = { readonly src: string; readonly type: string; readonly sizes: string; readonly purpose?: string }
type InstalledApp = {
  readonly scope: string
  readonly start_url: string
  readonly display: string
  readonly icons: readonly Icon[]
  readonly shortcuts: readonly { readonly url: string; readonly icons: readonly Icon[] }[]
}
const publicFolder = (app: string) => join(import.meta.dir, '../shells', app, 'public')
const readApp = (app: string): Promise<InstalledApp> => Bun.file(join(publicFolder(app), 'manifest.webmanifest')).json()

/** Width and height as a PNG says them itself. */
async function pngSizes(file: string): Promise<string> {
  const header = new DataView(await Bun.file(file).slice(16, 24).arrayBuffer())
  return `${header.getUint32(0)}x${header.getUint32(4)}`
}

test.each([...webApps])('%s can be installed: it names icons of every kind, and each is what it says', async (app) => {
  const { icons, shortcuts } = await readApp(app)
  const purposes = icons.map(({ sizes, purpose }) => `${sizes} ${purpose}`)
  for (const wanted of ['192x192 any', '512x512 any', '512x512 maskable']) expect(purposes).toContain(wanted)
  const files = await readdir(publicFolder(app))
  for (const { src, type, sizes } of [...icons, ...shortcuts.flatMap((one) => one.icons)]) {
    expect(files).toContain(src.slice(1))
    if (type === 'image/png') expect(await pngSizes(join(publicFolder(app), src)), src).toBe(sizes)
  }
})

test.each([...webApps])('%s opens in a window of its own, and all its shortcuts lead into it', async (app) => {
  const installed = await readApp(app)
  expect(installed).toMatchObject({ display: 'standalone', scope: '/', start_url: '/' })
  for (const { url } of installed.shortcuts) expect(url).toStartWith('/')
  expect(await Bun.file(join(publicFolder(app), '../index.html')).text()).toContain(
    'rel="manifest" href="/manifest.webmanifest"',
  )
})
