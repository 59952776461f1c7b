/** Who may listen how, and whom clients trust. That calls work over TLS is shown by the laws of the protocol, over TLS. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as kurrent from '@kurrent/kurrentdb-client'
import { type EventStoreServerOptions, startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { openOwnAuthority } from '#event-store-server/tls/own-authority.ts'
import { silentLog } from '#kernel/log.ts'
import { isPlatformError } from '#kernel/platform-error.ts'

const entry = join(import.meta.dir, '../../src/event-store-server/main.ts')
const authorityEntry = join(import.meta.dir, '../../src/event-store-server/tls/own-authority.ts')
const users = { adminPassword: 'changeit', opsPassword: 'changeit' }
const event = () => kurrent.jsonEvent({ type: 'Ordered', data: {} })

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'event-store-tls-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const start = (options: Partial<EventStoreServerOptions>) =>
  startEventStoreServer({ file: ':memory:', port: 0, log: silentLog, ...options })
const asAdmin = (connectionString: string) => connectionString.replace('://', '://admin:changeit@')

/** Whether a new client can append and read, which travel over connections of their own. */
async function reaches(connectionString: string): Promise<{ appends: boolean; reads: boolean }> {
  const client = kurrent.KurrentDBClient.connectionString(connectionString)
  const works = (work: Promise<unknown>) =>
    work.then(
      () => true,
      () => false,
    )
  const appends = await works(client.appendToStream('order-1', [event()]))
  const reads = await works(Array.fromAsync(client.readAll({ maxCount: 1 })))
  await client.dispose()
  return { appends, reads }
}

/** For a process of its own, which says when it is ready and begins when its input ends: several do it together. */
const openAuthorityWhenTold = (own: string) => `
  import { openOwnAuthority } from ${JSON.stringify(authorityEntry)}
  const log = { debug() {}, info() {}, warning() {}, error() {} }
  console.log('ready')
  await new Response(Bun.stdin.stream()).text()
  openOwnAuthority({ folder: ${JSON.stringify(own)}, names: ['localhost'], now: Date.now(), log })`

describe('without TLS', () => {
  test('only this machine may call, unless an insecure network is allowed by name', async () => {
    for (const host of ['0.0.0.0', '::', '192.0.2.1', 'store.example']) {
      const error = await start({ host }).catch((thrown: unknown) => thrown)
      expect(isPlatformError(error, 'bad-configuration')).toBe(true)
    }
    for (const host of ['localhost', '127.0.0.2']) await (await start({ host })).stop()
    const open = await start({ host: '0.0.0.0', allowsInsecureNetwork: true })
    expect(open.connectionString).toContain('tls=false')
    await open.stop()
  })
})

describe('with TLS', () => {
  test('clients that trust another authority refuse the server', async () => {
    const server = await start({ tls: { selfMade: join(folder, 'right') }, users })
    const other = join(folder, 'other')
    openOwnAuthority({ folder: other, names: ['localhost'], now: Date.now(), log: silentLog })
    const trusting = (ca: string) =>
      asAdmin(server.connectionString).replace(/tlsCAFile=.*/, `tlsCAFile=${encodeURIComponent(ca)}`)
    expect(await reaches(asAdmin(server.connectionString))).toEqual({ appends: true, reads: true })
    expect(await reaches(trusting(join(other, 'ca.crt')))).toEqual({ appends: false, reads: false })
    await server.stop()
  })

  test('the server may be called from everywhere, by a name its certificate has', async () => {
    const tls = { selfMade: join(folder, 'named'), names: ['localhost'] }
    const server = await start({ host: '0.0.0.0', tls, users })
    expect(server.connectionString).toStartWith(`kurrentdb://localhost:${server.port}?tls=true`)
    expect(await reaches(asAdmin(server.connectionString))).toEqual({ appends: true, reads: true })
    const discovering = asAdmin(server.connectionString).replace('://', '+discover://')
    expect(await reaches(discovering)).toEqual({ appends: true, reads: true })
    await server.stop()
  })

  test('certificates can be given, and those that do not fit are refused at the start', async () => {
    const own = join(folder, 'given')
    openOwnAuthority({ folder: own, names: ['localhost'], now: Date.now(), log: silentLog })
    const given = {
      certificateFile: join(own, 'server.crt'),
      keyFile: join(own, 'server.key'),
      caFile: join(own, 'ca.crt'),
    }
    const server = await start({ tls: given, users })
    expect(await reaches(asAdmin(server.connectionString))).toEqual({ appends: true, reads: true })
    await server.stop()

    const noPem = join(own, 'no.pem')
    writeFileSync(noPem, 'no certificate')
    const unfit = [
      { keyFile: join(own, 'ca.key') },
      { certificateFile: noPem },
      { keyFile: join(own, 'nowhere') },
      { caFile: noPem },
    ]
    for (const change of unfit) {
      const error = await start({ tls: { ...given, ...change }, users }).catch((thrown: unknown) => thrown)
      expect(isPlatformError(error, 'bad-configuration')).toBe(true)
    }
  })

  test('servers that begin at the same time in one folder are vouched for by the one authority left there', async () => {
    for (let round = 0; round < 2; round++) {
      const own = join(folder, `shared-${round}`)
      const pipes = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const
      const servers = Array.from({ length: 3 }, () =>
        Bun.spawn([process.execPath, '-e', openAuthorityWhenTold(own)], pipes),
      )
      for (const { stdout } of servers) await stdout.getReader().read()
      await Promise.all(servers.map(({ stdin }) => stdin.end()))
      for (const server of servers) {
        const complaints = await new Response(server.stderr).text()
        expect([await server.exited, complaints]).toEqual([0, ''])
      }
      const ca = new X509Certificate(readFileSync(join(own, 'ca.crt')))
      const certificate = new X509Certificate(readFileSync(join(own, 'server.crt')))
      expect(certificate.checkIssued(ca) && certificate.verify(ca.publicKey)).toBe(true)
      expect(certificate.checkPrivateKey(createPrivateKey(readFileSync(join(own, 'server.key'))))).toBe(true)
      expect(readdirSync(own).sort()).toEqual(['ca.crt', 'ca.key', 'server.crt', 'server.key'])
    }
  })

  test('a server without a place for first passwords says so instead of making up one nobody learns', async () => {
    const own = join(folder, 'given')
    const tls = { certificateFile: join(own, 'server.crt'), keyFile: join(own, 'server.key') }
    await expect(start({ tls })).rejects.toThrow('is not given')
  })

  test('a process of its own prints how to call it, and is trusted again after a restart', async () => {
    const file = join(folder, 'process.db')
    const tlsFolder = join(folder, 'process tls')
    const run = async (work: (connectionString: string) => Promise<void>) => {
      const words = [entry, '--file', file, '--port', '0', '--tls-folder', tlsFolder]
      const child = Bun.spawn([process.execPath, ...words], { stdout: 'pipe', stderr: 'ignore' })
      try {
        const reader = child.stdout.getReader()
        const ready: { connectionString: string } = JSON.parse(new TextDecoder().decode((await reader.read()).value))
        const password = readFileSync(join(tlsFolder, 'admin.password'), 'utf8').trim()
        await work(ready.connectionString.replace('://', `://admin:${password}@`))
      } finally {
        child.kill('SIGTERM')
        await child.exited
      }
    }
    const works = async (connectionString: string) => {
      expect(await reaches(connectionString)).toEqual({ appends: true, reads: true })
    }
    await run(works)
    const ca = readFileSync(join(tlsFolder, 'ca.crt'), 'utf8')
    await run(works)
    expect(readFileSync(join(tlsFolder, 'ca.crt'), 'utf8')).toBe(ca)
  })
})
