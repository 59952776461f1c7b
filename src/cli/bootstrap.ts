/**
 * The first thing that runs, also on a fresh clone: needs Bun and nothing else.
 *
 * Promises: asks nothing, needs no root, imports only what Bun brings; installs the dependencies when they are missing
 * or the lock file changed, with the Bun it runs on; then hands over to main.ts.
 *
 * After an installation the process begins anew. Bun remembers that there was no node_modules when it started, and would
 * take every package from its download cache: unpinned below the first level, and gone when somebody empties that cache.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const projectFolder = resolve(import.meta.dir, '..', '..')
/** Holds the hash of what was installed. */
const installStamp = join(projectFolder, 'node_modules', '.peek-installed')

const wantedBun = readWantedBun()
const trouble = findVersionTrouble(Bun.version, wantedBun)
if (trouble) fail(trouble)
if (!isInstalled()) {
  install()
  beginAnew()
}
const { main } = await import('./main.ts')
await main(process.argv.slice(2))

function readWantedBun(): string {
  const found = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as { engines: { bun: string } }
  return found.engines.bun
}

/** An older Bun is refused; a newer one of the same major version is trusted. */
function findVersionTrouble(found: string, wanted: string): string | undefined {
  const isFit = Bun.semver.satisfies(found, `^${wanted}`)
  if (isFit) return undefined
  return `Peek needs Bun ${wanted}, and this is Bun ${found}. Run it as: npx --yes bun@${wanted} run ${process.argv[2] ?? 'up'}`
}

function isInstalled(): boolean {
  return existsSync(installStamp) && readFileSync(installStamp, 'utf8') === hashOfWanted()
}

function hashOfWanted(): string {
  const hash = new Bun.CryptoHasher('sha256')
  for (const file of ['package.json', 'bun.lock']) hash.update(readFileSync(join(projectFolder, file)))
  return hash.digest('hex')
}

function install(): void {
  process.stderr.write('Installing the dependencies (once, and again when they change) ...\n')
  const outcome = Bun.spawnSync([process.execPath, 'install', '--frozen-lockfile'], {
    cwd: projectFolder,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  if (outcome.exitCode !== 0) {
    fail(`The dependencies could not be installed:\n${outcome.stderr.toString()}${outcome.stdout.toString()}`)
  }
  writeFileSync(installStamp, hashOfWanted())
  process.stderr.write(`Installed in ${(performance.now() / 1000).toFixed(1)} s.\n`)
}

function beginAnew(): never {
  const command = [process.execPath, ...process.execArgv, import.meta.path, ...process.argv.slice(2)]
  // Windows cannot replace a process: there it is a child.
  if (process.platform !== 'win32') process.execve?.(process.execPath, command, process.env)
  const { exitCode } = Bun.spawnSync(command, { stdio: ['inherit', 'inherit', 'inherit'] })
  process.exit(exitCode)
}

function fail(words: string): never {
  process.stderr.write(`${words}\n`)
  process.exit(1)
}
