import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** What a process holds open, by kind, as the kernel tells it. */
export type Held = {
  /** Addresses it listens on. */
  readonly listening: number
  /** Connections, both ends. */
  readonly connections: number
  readonly files: number
}

/** Where the kernel tells that of any process. */
export const isTold = process.platform === 'linux'

export function heldBy(pid: number): Held {
  const states = statesOfSockets(pid)
  const targets = openOf(pid)
  const sockets = targets.flatMap((target) => states.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '') ?? [])
  return {
    listening: sockets.filter((state) => state === listen).length,
    connections: sockets.filter((state) => state === established).length,
    files: targets.filter((target) => target.startsWith('/') && !target.startsWith('/dev/')).length,
  }
}

const established = '01'
const listen = '0A'

/** By inode. */
function statesOfSockets(pid: number): ReadonlyMap<string, string> {
  const lines = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n').slice(1))
  const cells = lines.map((line) => line.trim().split(/\s+/))
  return new Map(cells.flatMap(({ 3: state, 9: inode }) => (state && inode ? [[inode, state] as const] : [])))
}

/** What its descriptors stand for; one that is closed meanwhile is none. */
function openOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${descriptor}`)]
    } catch {
      return []
    }
  })
}
