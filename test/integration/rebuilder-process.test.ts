/** The process that rebuilds, over the whole platform: begun, met, ended. */

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { findStoreAddresses } from '#config/stores-file.ts'
import { systemClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import type { FromRebuilder, ToRebuilder } from '#projection/rebuild/rebuild-messages.ts'
import { type Rebuilder, startRebuilder } from '#services/rebuilder/start-rebuilder.ts'
import { type Client, openClient } from '#storage/client.ts'
import { connectDevice } from '#support/device.ts'
import { eventually } from '#support/eventually.ts'
import { type Platform, projectFolder, startPlatform } from '#support/platform.ts'

const liveSchema = 'pl_bench__counters'
const shadowSchema = `${liveSchema}__next`
let platform: Platform
let sql: Client

beforeAll(async () => {
  platform = await startPlatform({
    environment: {
      PEEK_PLUGINS: 'bench',
      PEEK_PLUGIN_FOLDER: join(projectFolder, 'test/support/plugins'),
      PEEK_LOG_LEVEL: 'warning',
    },
  })
  const { databaseUrl = '' } = findStoreAddresses(platform.home)
  sql = openClient({ url: databaseUrl, log: silentLog, applicationName: 'test', maxConnections: 2 })
}, 120_000)
afterAll(async () => {
  await sql?.end({ timeout: 1 })
  await platform?.[Symbol.asyncDispose]()
})

function start(begin: Partial<Extract<ToRebuilder, { kind: 'begin' }>> = {}): {
  process: Rebuilder
  said: FromRebuilder[]
} {
  const said: FromRebuilder[] = []
  const process = startRebuilder({
    home: platform.home,
    begin: {
      kind: 'begin',
      rebuildId: newUuid(),
      rebuildKind: 'rebuild',
      projection: 'bench.counters',
      toVersion: 1,
      shadowSchema,
      liveSchema,
      epoch: 1,
      phase: 'queued',
      isProved: false,
      asksFirst: false,
      rateMax: null,
      isPaused: false,
      ...begin,
    },
    onMessage: (message) => said.push(message),
    log: silentLog,
    clock: systemClock,
    environment: {
      ...globalThis.process.env,
      PEEK_PLUGINS: 'bench',
      PEEK_PLUGIN_FOLDER: join(projectFolder, 'test/support/plugins'),
    },
  })
  return { process, said }
}
const hasSaid = (said: readonly FromRebuilder[], kind: FromRebuilder['kind']) =>
  eventually(`the process says ${kind}`, () => said.some((message) => message.kind === kind))
const rowsOf = (schema: string) => sql.unsafe(`select * from "${schema}".counters order by 1`)

test('P3 a process of its own builds the shadow, proves it, meets, and ends when it is told to', async () => {
  const device = connectDevice(platform.url('field'))
  const ids = Array.from({ length: 20 }, newUuid)
  for (const counterId of ids) await device.push('bench.AddCounter', { counterId, group: 'g' })
  for (const counterId of ids) await device.push('bench.BumpCounter', { counterId, by: 2 })
  device.close()
  await eventually('the live rows are there', async () => {
    const rows = await rowsOf(liveSchema)
    return rows.length === ids.length && rows.every(({ count }) => count === 2)
  })

  const { process, said } = start()
  await hasSaid(said, 'close')
  expect(said.find((message) => message.kind === 'proved')).toMatchObject({
    proof: { outcome: 'equal', sampleShare: 1 },
  })
  const close = said.findLast((message) => message.kind === 'close')
  if (close?.kind !== 'close') throw new Error('it said so')
  // What PostgreSQL does for it yields too.
  await eventually('its server processes yield', async () => {
    const found = await sql`select pid from pg_stat_activity where application_name = 'peek rebuild bench.counters'`
    return found.length > 0 && found.every(({ pid }) => getPriority(Number(pid)) >= 5)
  })
  process.tell({ kind: 'meet', position: close.position })
  await hasSaid(said, 'met')
  await process.stop()
  expect(await process.ended).toMatchObject({ code: 0 })
  expect([...(await rowsOf(shadowSchema))]).toEqual([...(await rowsOf(liveSchema))])
}, 120_000)

test('code that nobody has is refused in words', async () => {
  const { process, said } = start({ toVersion: 7 })
  const { code, words } = await process.ended
  expect(code).toBe(1)
  expect(words).toContain('no code of version 7 of bench.counters')
  expect(said.map(({ kind }) => kind)).toEqual(['failed'])
}, 120_000)
