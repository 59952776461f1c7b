/**
 * Ends the embedded PostgreSQL some seconds after a supervisor that was killed. The server outlives us, so that the next
 * supervisor can go on at once; when none comes, nothing of Peek should run on.
 *
 * A shell waits on a pipe whose other end is ours: however we end, the system closes it. The newest guard has the say,
 * so a server that was adopted meanwhile stays. Windows has no such shell; there the server runs until the next `up`.
 */
import { dirname } from 'node:path'
import { ensurePrivateFolder } from '#config/private-file.ts'

export type GuardOptions = {
  /** Names the newest guard. */
  readonly guardFile: string
  /** Proves that `pid` still is the server. */
  readonly pidFile: string
  readonly pid: number
  readonly graceSeconds?: number
}

const graceSecondsUsual = 15
const script = `
echo $$ > "$1"
while read -r line; do :; done
sleep "$4"
if [ "$(cat "$1")" = "$$" ] && [ "$(head -n 1 "$2")" = "$3" ]; then kill -INT "$3"; fi
`

/** The answer takes the guard away and leaves the server. */
export function guardServer({ guardFile, pidFile, pid, graceSeconds }: GuardOptions): () => Promise<void> {
  if (process.platform === 'win32') return async () => undefined
  ensurePrivateFolder(dirname(guardFile))
  const args = [guardFile, pidFile, String(pid), String(graceSeconds ?? graceSecondsUsual)]
  const guard = Bun.spawn(['sh', '-c', script, 'peek-guard', ...args], {
    stdin: 'pipe',
    stdout: 'ignore',
    stderr: 'ignore',
    detached: true,
  })
  guard.unref()
  return async () => {
    guard.kill('SIGKILL')
    await guard.exited
  }
}
