/**
 * Ports of the parts of one home. Where "any free one" was asked for, it is chosen once and then stays, so that clients
 * find a restarted part, and a restarted Peek, where it was.
 *
 * Chosen below the range from which systems take the ports of outgoing connections: while a part is down, nobody's
 * connection happens to sit on its port.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { writePrivateFile } from '#config/private-file.ts'
import { type Clock, pause } from '#kernel/clock.ts'
import { isJsonObject, tryParseJson } from '#kernel/json.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Random } from '#kernel/random.ts'

const lowest = 21_000
const highest = 31_999
const attemptCountMax = 200
/** How long something that is just ending may keep a configured port. */
const patienceMs = 5_000

export type PortKeeper = {
  /** A free port: the configured one, or with 0 the one of last time, or a new one. `owner` is `logic.sitePort` or so. */
  choose(wanted: {
    readonly owner: string
    readonly port: number
    readonly key: string
    readonly host: string
  }): Promise<number>
}

export function createPortKeeper(options: { home: string; random: Random; clock: Clock }): PortKeeper {
  const { home, random, clock } = options
  const file = portsFile(home)
  const remembered = readPorts(file)
  const given = new Set<number>()

  const choose: PortKeeper['choose'] = async ({ owner, port, key, host }) => {
    if (port !== 0) return waitForPort({ host, port, key, clock })
    const usual = remembered[owner]
    const chosen =
      usual !== undefined && !given.has(usual) && (await isFree(host, usual)) ? usual : await findFree(host)
    given.add(chosen)
    remembered[owner] = chosen
    writePrivateFile(file, JSON.stringify(remembered, null, 2))
    return chosen
  }
  const findFree = async (host: string): Promise<number> => {
    const taken = new Set([...given, ...Object.values(remembered)])
    for (let attempt = 0; attempt < attemptCountMax; attempt++) {
      const port = lowest + Math.floor(random() * (highest - lowest + 1))
      if (!taken.has(port) && (await isFree(host, port))) return port
    }
    throw new PlatformError('unavailable', `No free port found on ${host} between ${lowest} and ${highest}.`)
  }
  return { choose }
}

/** The port that was chosen for the owner, or undefined. */
export function findRememberedPort(home: string, owner: string): number | undefined {
  return readPorts(portsFile(home))[owner]
}

const portsFile = (home: string): string => join(home, 'up', 'ports.json')

async function waitForPort(site: { host: string; port: number; key: string; clock: Clock }): Promise<number> {
  const { host, port, key, clock } = site
  const giveUpAt = clock.now() + patienceMs
  while (!(await isFree(host, port))) {
    if (clock.now() > giveUpAt) {
      throw new PlatformError(
        'already-running',
        `Port ${port} on ${host} is taken by another program. Stop that program, or set another port with ${key} (0: any free one).`,
        { facts: { host, port, key } },
      )
    }
    await pause(clock, 100)
  }
  return port
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

function readPorts(file: string): Record<string, number> {
  try {
    const found = tryParseJson(readFileSync(file, 'utf8'))
    if (!isJsonObject(found)) return {}
    const ports = Object.entries(found).filter((entry): entry is [string, number] => Number.isInteger(entry[1]))
    return Object.fromEntries(ports)
  } catch {
    return {}
  }
}
