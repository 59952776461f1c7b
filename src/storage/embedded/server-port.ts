/**
 * The port of the embedded server: the one asked for, or the same as last time (so that the pools of other processes
 * find the server again after a restart), or any free one.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Clock, pause } from '#kernel/clock.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'

/** A server that was just killed holds its port until the kernel has cleared it away. */
const releaseMsMax = 3_000
const pollDelayMs = 50

type PortChoice = { readonly folder: string; readonly port: number; readonly log: Log; readonly clock: Clock }

export async function choosePort({ folder, port, log, clock }: PortChoice): Promise<number> {
  if (port !== 0) {
    if (await becomesFree(port, clock)) return remember(folder, port)
    throw new PlatformError(
      'already-running',
      `Port ${port} on 127.0.0.1, wanted for the embedded Postgres, is taken. Stop what uses it, or configure another port (0: any free one).`,
      { facts: { port } },
    )
  }
  const remembered = recall(folder)
  if (remembered !== 0 && (await becomesFree(remembered, clock))) return remembered
  const free = await freePort()
  if (remembered !== 0)
    log.warning('the usual port of the embedded Postgres is taken', { usual: remembered, used: free })
  return remember(folder, free)
}

const portPath = (folder: string): string => join(folder, 'port')

function recall(folder: string): number {
  try {
    const port = Number(readFileSync(portPath(folder), 'utf8'))
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0
  } catch {
    return 0
  }
}

function remember(folder: string, port: number): number {
  writeFileSync(portPath(folder), String(port))
  return port
}

async function becomesFree(port: number, clock: Clock): Promise<boolean> {
  const giveUpAt = clock.now() + releaseMsMax
  while (!(await isFree(port))) {
    if (clock.now() > giveUpAt) return false
    await pause(clock, pollDelayMs)
  }
  return true
}

const isFree = (port: number): Promise<boolean> =>
  listenOnce(port).then(
    () => true,
    () => false,
  )

const freePort = (): Promise<number> => listenOnce(0)

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no address')),
      )
    })
  })
}
