/**
 * The Chromium that comes in an npm package, for a machine without one, without root rights, and without the libraries
 * and fonts browsers ask for: the package holds those too, and nothing of the system is used but glibc.
 *
 * Unpacked once, in three seconds, into node_modules/.cache. Not with the package's own `executablePath`: that one shares
 * a file in the temporary folder among all users, trusts it half written, and leaves the libraries packed.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompress } from 'node:zlib'

export type PackagedChromium = { readonly path: string; readonly environment: Readonly<Record<string, string>> }

const projectFolder = resolve(import.meta.dir, '../..')
const tryTimeoutMs = 30_000
const decompress = promisify(brotliDecompress)

/** Rejects where it does not run, such as on a processor it was not made for. */
export async function unpackChromium(): Promise<PackagedChromium> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`it is made for linux-x64, and this is ${process.platform}-${process.arch}`)
  }
  const packageFolder = dirname(dirname(Bun.resolveSync('@sparticuz/chromium', import.meta.dir)))
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string }
  const folder = join(projectFolder, 'node_modules', '.cache', `chromium-${version}`)
  if (!existsSync(folder)) await unpack(join(packageFolder, 'bin'), folder)
  const found: PackagedChromium = {
    path: join(folder, 'chromium'),
    environment: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  }
  await tryOut(found)
  return found
}

/** Unpacked beside and renamed when whole, so that a half written one is never taken for a browser. */
async function unpack(packed: string, folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  const open = (name: string) => decompress(readFileSync(join(packed, name)))
  await Promise.all([
    open('chromium.br').then((bytes) => writeFileSync(join(unfinished, 'chromium'), bytes, { mode: 0o755 })),
    open('al2023.tar.br').then((bytes) => new Bun.Archive(bytes).extract(unfinished)),
    open('fonts.tar.br').then((bytes) => new Bun.Archive(bytes).extract(unfinished)),
  ])
  writeFileSync(join(unfinished, 'fonts.conf'), fontsOf(folder))
  try {
    renameSync(unfinished, folder)
  } catch (error) {
    if (!existsSync(folder)) throw error
    // Another process was first.
    rmSync(unfinished, { recursive: true, force: true })
  }
}

function fontsOf(folder: string): string {
  const lines = [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
    '<fontconfig>',
    `  <dir>${Bun.escapeHTML(join(folder, 'fonts'))}</dir>`,
    '  <dir>/usr/share/fonts</dir>',
    `  <cachedir>${Bun.escapeHTML(join(folder, 'fonts-cache'))}</cachedir>`,
    '</fontconfig>',
  ]
  return `${lines.join('\n')}\n`
}

async function tryOut({ path, environment }: PackagedChromium): Promise<void> {
  const child = Bun.spawn([path, '--version'], {
    env: { ...process.env, ...environment },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'pipe',
    timeout: tryTimeoutMs,
  })
  const [complaint, code] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (code !== 0) throw new Error(`it does not run here (${code}): ${complaint.trim().split('\n').at(-1) ?? ''}`)
}
