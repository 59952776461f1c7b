/** The embedded event store, judged by the older official client in a process of its own. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { startEventStoreServer } from '#event-store-server/event-store-server.ts'
import { silentLog } from '#kernel/log.ts'

test('the older official client gets along with the server', async () => {
  const server = await startEventStoreServer({ file: ':memory:', port: 0, log: silentLog })
  const scenario = join(import.meta.dir, 'event-store-server-older-client.scenario.ts')
  const child = Bun.spawn(['bun', scenario, server.connectionString.replace('kurrentdb:', 'esdb:')], {
    stdout: 'pipe',
    stderr: 'inherit',
  })
  const saw: unknown = JSON.parse(await new Response(child.stdout).text())
  expect(saw).toEqual({
    revisions: [599, 600],
    conflicts: ['wrong-expected-version', 'wrong-expected-version'],
    page: [300, 300, 599],
    lastOfAll: [600],
    missing: 'stream-not-found',
    isInOrder: true,
    lived: [601],
    metadata: { maxCount: 2 },
    kept: [600, 601],
    tombstoned: 'stream-deleted',
  })
  expect(await child.exited).toBe(0)
  await server.stop()
}, 20_000)
