/**
 * Finds a Chromium for the browser tests, and brings one when there is none: out of an npm package, which leaves the
 * machine as it is, else with apt-get where we may.
 *
 * The programs under /usr/lib are asked for first: Debian's scripts in /usr/bin start a second process, and killing the
 * one we know would leave the browser running.
 */
import { existsSync } from 'node:fs'
import { type Browser, type BrowserContext, chromium } from 'playwright-core'
import { describeError } from '#kernel/platform-error.ts'
import { unpackChromium } from './packaged-chromium.ts'

export type ChromiumProgram = {
  readonly path: string
  readonly args: readonly string[]
  /** Beside that of this process. */
  readonly environment?: Readonly<Record<string, string>>
}

/** Works as root and in a container, and keeps the browser from calling home. */
export const chromiumArgs: readonly string[] = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

const debianShell = '/usr/lib/chromium/chromium-headless-shell'
const places: readonly string[] = [
  debianShell,
  '/usr/lib/chromium/chromium',
  '/usr/lib/chromium-browser/chromium-browser',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
const names: readonly string[] = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const aptTimeoutMs = 10 * 60_000

export async function findChromium(): Promise<ChromiumProgram> {
  const asked = process.env.PEEK_CHROMIUM
  if (asked) {
    if (!existsSync(asked)) throw new Error(`PEEK_CHROMIUM names ${asked}, and there is no such file.`)
    return { path: asked, args: chromiumArgs }
  }
  const present =
    places.find((place) => existsSync(place)) ?? names.map((name) => Bun.which(name)).find((path) => path !== null)
  if (present) return { path: present, args: chromiumArgs }
  const troubles: string[] = []
  return (await bringPackaged(troubles)) ?? (await installByApt(troubles)) ?? refuse(troubles)
}

async function bringPackaged(troubles: string[]): Promise<ChromiumProgram | undefined> {
  try {
    return { ...(await unpackChromium()), args: chromiumArgs }
  } catch (error) {
    troubles.push(`@sparticuz/chromium: ${describeError(error)}`)
    return undefined
  }
}

async function installByApt(troubles: string[]): Promise<ChromiumProgram | undefined> {
  if (process.getuid?.() !== 0 || Bun.which('apt-get') === null) {
    troubles.push('not root with apt-get')
    return undefined
  }
  console.error('Installing chromium-headless-shell with apt-get ...')
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const install = ['install', '-y', '--no-install-recommends', 'chromium-headless-shell', 'fonts-dejavu-core']
  for (const args of [['update', '-qq'], install]) {
    const child = Bun.spawn(['apt-get', ...args], {
      env: environment,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
      timeout: aptTimeoutMs,
    })
    const [complaint, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
    if (code !== 0) troubles.push(`apt-get ${args[0]} ended with ${code}: ${complaint.trim().split('\n').at(-1) ?? ''}`)
  }
  return existsSync(debianShell) ? { path: debianShell, args: chromiumArgs } : undefined
}

function refuse(troubles: readonly string[]): never {
  throw new Error(
    `No Chromium was found (${troubles.join('; ')}). Install one, such as Debian's chromium-headless-shell, or name yours in PEEK_CHROMIUM.`,
  )
}

/** A headless browser; the caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const { path, args, environment } = await findChromium()
  return chromium.launch({ executablePath: path, args: [...args], env: { ...process.env, ...environment } })
}

/** A browser that keeps what its pages store in the folder `profile`, as one that a person closes and opens again. */
export async function launchWithProfile(profile: string): Promise<BrowserContext> {
  const { path, args, environment } = await findChromium()
  return chromium.launchPersistentContext(profile, {
    executablePath: path,
    args: [...args],
    env: { ...process.env, ...environment },
  })
}
