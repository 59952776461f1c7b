import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineJob } from '#job/define-job.ts'
import type { Jobs } from '#job/jobs.ts'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { defineLogicPart, type LogicPart } from '#plugin-api/define-plugin.ts'
import { parseManifest } from '#plugin-host/manifest.ts'
import { startLogicParts } from './logic-parts.ts'

let filesFolder: string
beforeEach(() => {
  filesFolder = mkdtempSync(join(tmpdir(), 'peek-logic-parts-'))
})
afterEach(() => rmSync(filesFolder, { recursive: true }))

const Endless = defineJob('mail.Endless', { input: {}, output: {} })
/** Of a job that never ends: who waits for it waits until the signal. */
const submit: Jobs['submit'] = async () => ({
  jobId: 'one',
  isNew: true,
  result: ({ signal } = {}) =>
    new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason))
    }),
})

function startMail(logic: LogicPart) {
  const manifest = parseManifest('mail', { peek: { id: 'mail', title: 'Mail', platform: '*' } })
  const jobs: Jobs = { submit, cancel: async () => undefined }
  return startLogicParts({
    plugins: [{ folder: '/nowhere', version: '1.0.0', manifest, logic }],
    engine: { actions: { run: () => Promise.reject(new Error('nobody')) }, jobs: { desk: { jobsOf: () => jobs } } },
    url: 'postgres://127.0.0.1:1/none',
    rpc: {
      callerOf: () => ({ call: () => Promise.reject(new Error('nobody')), callAll: async () => [] }),
      listen: () => async () => undefined,
      setStarting: () => undefined,
    },
    settings: { valuesOf: () => undefined, onChange: () => () => undefined },
    siteUrl: () => undefined,
    filesFolder,
    clock: systemClock,
    log: silentLog,
  })
}

test('a part that waits for the end of a job waits no longer when it stops, and is told so', async () => {
  let told = ''
  const parts = startMail(
    defineLogicPart({
      start: ({ after, jobs }) => {
        after(0, async () => {
          const job = await jobs.submit(Endless, {})
          told = 'waits'
          await job.result().catch((error: unknown) => {
            told = String(error)
          })
        })
      },
    }),
  )
  while (told !== 'waits') await new Promise((resolve) => setImmediate(resolve))
  await parts.stop()
  expect(told).toContain('The part is stopping')
  expect(parts.host.statuses()).toEqual([])
})

test('a wait for a job that nobody awaits ends no process', async () => {
  const uncaught: unknown[] = []
  const listener = (error: unknown): void => void uncaught.push(error)
  process.on('unhandledRejection', listener)
  let isWaiting = false
  const parts = startMail(
    defineLogicPart({
      start: async ({ jobs }) => {
        void (await jobs.submit(Endless, {})).result()
        isWaiting = true
      },
    }),
  )
  while (!isWaiting) await new Promise((resolve) => setImmediate(resolve))
  await parts.stop()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', listener)
  expect(uncaught).toEqual([])
})
