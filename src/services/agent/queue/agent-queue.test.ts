import { afterEach, expect, test } from 'bun:test'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineAction } from '#action/define-action.ts'
import { createFakeClock } from '#kernel/clock.ts'
import { newUuid } from '#kernel/ids.ts'
import { silentLog } from '#kernel/log.ts'
import { createSeededRandom } from '#kernel/random.ts'
import { testSeed } from '#testing/test-seed.ts'
import type { Answer } from '#vortex/protocol/answer.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { type AgentQueue, createAgentQueue, defaultQueueBounds, type QueueBounds } from './agent-queue.ts'
import type { Answered } from './answer-desk.ts'
import { listPutAside, openQueueFile } from './open-queue-file.ts'
import { createQueueFile } from './queue-file.ts'
import type { QueuedAction } from './queued-action.ts'

const SetLevel = defineAction('test.SetLevel', {
  version: 1,
  fields: { tankId: text(), level: integer() },
  entity: ({ tankId }) => ['Tank', tankId],
  title: () => 'Set a level',
})
const accepted: Answer = { outcome: 'accepted', position: '1' }
const rejected: Answer = { outcome: 'rejected', kind: 'too-full', words: 'The tank is full.', position: '1' }
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

test('what was put reaches logic with its body, and is forgotten when it was accepted', async () => {
  const { queue, plugin, sent } = open(makeFolder())
  const { actionId } = await plugin.put(SetLevel, { tankId: 'a', level: 3 }, { at: 17 })
  expect(sent).toMatchObject([
    { action: { id: actionId, name: 'test.SetLevel', version: 1, at: 17 }, body: { tankId: 'a', level: 3 } },
  ])
  expect(plugin.waitingCount()).toBe(1)
  await sent[0]?.answer(accepted)
  expect(plugin.waitingCount()).toBe(0)
  expect(queue.status()).toMatchObject({ waitingCount: 0, waitingBytes: 0, oldestPutAt: null, deliveredCount: 1 })
  queue.close()
})

test('E4 what was acknowledged before a sudden end is sent again, in order, by the next run', async () => {
  const folder = makeFolder()
  const first = open(folder, { isOnline: false })
  const puts = Array.from({ length: 50 }, (_, level) => first.plugin.put(SetLevel, { tankId: 'a', level }))
  await Promise.all(puts)
  // Nothing is written on the way out: it ends as a process does that is killed.
  first.end()
  const { queue, sent } = open(folder)
  expect(sent.map(({ body }) => body)).toEqual(Array.from({ length: 50 }, (_, level) => ({ tankId: 'a', level })))
  expect(sent.map(({ prev }) => prev)).toEqual([undefined, ...sent.slice(0, -1).map(({ action }) => action.id)])
  for (const one of sent) await one.answer(accepted)
  queue.close()
  expect(open(folder).sent).toEqual([])
})

test('E2 the same id put twice is one action, and with other content it is refused', async () => {
  const { queue, plugin, sent } = open(makeFolder(), { isOnline: false })
  const id = newUuid()
  const both = [1, 1].map((level) => plugin.put(SetLevel, { tankId: 'a', level }, { id }))
  expect(await Promise.all(both)).toEqual([{ actionId: id }, { actionId: id }])
  expect(await plugin.put(SetLevel, { tankId: 'a', level: 1 }, { id })).toEqual({ actionId: id })
  expect(plugin.put(SetLevel, { tankId: 'a', level: 2 }, { id })).rejects.toMatchObject({ kind: 'bad-input' })
  expect(plugin.waitingCount()).toBe(1)
  expect(sent).toEqual([])
  queue.close()
})

test('what logic could never take is refused before it is stored', async () => {
  const { queue, plugin } = open(makeFolder())
  const put = (fields: { tankId: string; level: number }, options = {}) => plugin.put(SetLevel, fields, options)
  expect(put({ tankId: 'a', level: 1.5 })).rejects.toMatchObject({ kind: 'bad-input' })
  expect(put({ tankId: 'a', level: 1 }, { id: 'seven' })).rejects.toMatchObject({ kind: 'bad-input' })
  expect(put({ tankId: 'a', level: 1 }, { at: Number.NaN })).rejects.toMatchObject({ kind: 'bad-input' })
  const other = queue.of('other', new AbortController().signal)
  expect(other.put(SetLevel, { tankId: 'a', level: 1 })).rejects.toMatchObject({ kind: 'bad-input' })
  expect(queue.status().waitingCount).toBe(0)
  queue.close()
})

test('a refusal is told, and one that nobody hears stays until somebody does, also over a restart', async () => {
  const folder = makeFolder()
  const first = open(folder)
  const { actionId } = await first.plugin.put(SetLevel, { tankId: 'a', level: 1 })
  await first.sent[0]?.answer(rejected)
  expect(first.queue.status()).toMatchObject({ waitingCount: 0, refusedCount: 1 })
  first.queue.close()

  const second = open(folder)
  expect(second.sent).toEqual([])
  const heard: Answered[] = []
  second.plugin.onAnswer(() => {
    throw new Error('a listener with a bug has not heard it')
  })
  await Promise.resolve()
  expect(second.queue.status().refusedCount).toBe(1)
  second.plugin.onAnswer((answered) => void heard.push(answered))
  await Promise.resolve()
  expect(heard).toEqual([{ actionId, name: 'test.SetLevel', answer: rejected }])
  second.queue.close()
  expect(open(folder).queue.status().refusedCount).toBe(0)
})

test('a listener that takes its time has heard a refusal when it is done, and not when it fails', async () => {
  const folder = makeFolder()
  const first = open(folder)
  const tellings = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  let told = 0
  first.plugin.onAnswer(() => tellings[told++]?.promise)
  for (let level = 0; level < 2; level++) {
    await first.plugin.put(SetLevel, { tankId: 'a', level })
    await first.sent[level]?.answer(rejected)
  }
  expect(first.queue.status().refusedCount).toBe(2)
  tellings[0]?.resolve()
  tellings[1]?.reject(new Error('the system to be told is away'))
  await settled()
  expect(first.queue.status().refusedCount).toBe(1)
  first.queue.close()
  const second = open(folder)
  const heard: string[] = []
  second.plugin.onAnswer(({ actionId }) => void heard.push(actionId))
  await settled()
  expect(heard).toEqual(first.sent.slice(1).map(({ action }) => action.id))
  second.queue.close()
})

test('one who comes later hears no refusal that another listener is busy with', async () => {
  const { queue, plugin, sent } = open(makeFolder())
  const telling = Promise.withResolvers<void>()
  let told = 0
  const take = () => {
    told++
    return telling.promise
  }
  plugin.onAnswer(take)
  await plugin.put(SetLevel, { tankId: 'a', level: 1 })
  await sent[0]?.answer(rejected)
  plugin.onAnswer(take)
  await settled()
  expect(told).toBe(1)
  telling.resolve()
  await settled()
  expect(queue.status().refusedCount).toBe(0)
  queue.close()
})

test('the health says why the one that waits longest is not taken', async () => {
  const { queue, plugin, sent } = open(makeFolder())
  await plugin.put(SetLevel, { tankId: 'a', level: 1 })
  await sent[0]?.answer({ outcome: 'failed', kind: 'internal', words: 'Something broke.' })
  expect(queue.health().words).toContain('test.SetLevel, last answered: Something broke.')
  queue.close()
})

test('refusals that nobody hears are bounded: the oldest goes', async () => {
  const { queue, plugin, sent } = open(makeFolder(), { bounds: { refusedCountMax: 2 } })
  for (let level = 0; level < 4; level++) {
    await plugin.put(SetLevel, { tankId: 'a', level })
    await sent[level]?.answer(rejected)
  }
  const heard: string[] = []
  plugin.onAnswer(({ actionId }) => void heard.push(actionId))
  await Promise.resolve()
  expect(heard).toEqual(sent.slice(2).map(({ action }) => action.id))
  queue.close()
})

test('a full queue says so before anything is believed stored, and takes more when some are through', async () => {
  const { queue, plugin, sent } = open(makeFolder(), { bounds: { countMax: 2 } })
  const put = (level: number) => plugin.put(SetLevel, { tankId: 'a', level })
  const [one, two, three] = await Promise.allSettled([put(1), put(2), put(3)])
  expect([one?.status, two?.status]).toEqual(['fulfilled', 'fulfilled'])
  expect(three).toMatchObject({ status: 'rejected', reason: { kind: 'too-many' } })
  expect(queue.health()).toMatchObject({ state: 'degraded' })
  await sent[0]?.answer(accepted)
  await put(3)
  expect(queue.health().words).toContain('2 wait')
  queue.close()
})

test('the bound in bytes counts bodies, and gives back what was taken', async () => {
  const { queue, plugin, sent } = open(makeFolder(), { bounds: { bytesMax: 20_000 } })
  const put = () => plugin.put(SetLevel, { tankId: 'a'.repeat(15_000), level: 1 })
  await put()
  expect(put()).rejects.toMatchObject({ kind: 'disk-full' })
  await sent[0]?.answer(accepted)
  await put()
  queue.close()
})

test('a disk that is full refuses what comes, keeps what it has, and goes on when there is room', async () => {
  const folder = makeFolder()
  const { queue, plugin, database } = open(folder, { isOnline: false })
  await plugin.put(SetLevel, { tankId: 'a', level: 1 })
  const pageCount = Number(database.query('PRAGMA page_count').values()[0]?.[0])
  database.run(`PRAGMA max_page_count = ${pageCount}`)
  const large = { tankId: 'b'.repeat(50_000), level: 1 }
  const puts = await Promise.allSettled([plugin.put(SetLevel, large), plugin.put(SetLevel, large)])
  for (const outcome of puts) expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'disk-full' } })
  expect(queue.status()).toMatchObject({ waitingCount: 1 })
  expect(queue.health()).toMatchObject({ state: 'degraded' })
  database.run('PRAGMA max_page_count = 1000000')
  await plugin.put(SetLevel, large)
  expect(queue.health()).toMatchObject({ state: 'ready' })
  queue.close()
  expect(open(folder).sent).toHaveLength(2)
})

test('a file that cannot be read is put aside and said, and the queue goes on with a new one', async () => {
  const folder = makeFolder()
  const file = join(folder, 'actions.db')
  writeFileSync(file, 'this was a database once, and then the disk had other ideas'.repeat(100))
  const { queue, plugin, sent } = open(folder)
  await plugin.put(SetLevel, { tankId: 'a', level: 1 })
  expect(sent).toHaveLength(1)
  expect(queue.health()).toMatchObject({ state: 'degraded' })
  expect(queue.health().words).toContain('.damaged-')
  expect(readdirSync(folder).some((name) => name.includes('.damaged-'))).toBe(true)
  await sent[0]?.answer(accepted)
  queue.close()
})

test('damage inside a file is found when it is opened', async () => {
  const folder = makeFolder()
  const first = open(folder, { isOnline: false })
  await Promise.all(
    Array.from({ length: 200 }, (_, level) => first.plugin.put(SetLevel, { tankId: 'a'.repeat(1_000), level })),
  )
  first.queue.close()
  const file = join(folder, 'actions.db')
  const descriptor = openSync(file, 'r+')
  for (let at = 4_096; at < statSync(file).size; at += 4_096) writeSync(descriptor, Buffer.alloc(512, 0xff), 0, 512, at)
  closeSync(descriptor)
  const { queue } = open(folder)
  expect(queue.health()).toMatchObject({ state: 'degraded' })
  for (const name of readdirSync(folder).filter((one) => one.includes('.damaged-'))) rmSync(join(folder, name))
  expect(queue.health()).toMatchObject({ state: 'ready' })
})

test('E4 of a file that is damaged inside all goes on that can be read, in order', async () => {
  const folder = makeFolder()
  await fill(folder, 200)
  overwrite(join(folder, 'actions.db'), 20 * 4_096, Buffer.alloc(4_096, 0xff))
  const { sent, damage } = open(folder, { inFlightCountMax: 1_000 })
  const levels = sent.map(({ body }) => levelOf(body))
  expect(levels).toEqual(levels.toSorted((a, b) => a - b))
  expect(levels.length).toBeGreaterThan(190)
  expect(damage).toMatchObject({ savedCount: levels.length, lostCount: 200 - levels.length })
  expect(readdirSync(folder).filter((name) => /salvaged|copy/.test(name))).toEqual([])
})

test('E4 damage in the log of a file takes nothing with it that was acknowledged since', async () => {
  const folder = await leaveKilled(50)
  damageLog(folder)
  const { sent, queue, damage } = open(folder)
  expect(sent.map(({ body }) => levelOf(body))).toEqual(Array.from({ length: 50 }, (_, level) => level))
  expect(damage).toMatchObject({ savedCount: 50, lostCount: 0 })
  expect(queue.health()).toMatchObject({ state: 'degraded' })
  queue.close()
  expect(open(folder).sent).toHaveLength(50)
})

test('E4 a log that says another order of bytes than it is written in loses nothing', async () => {
  const folder = await leaveKilled(50)
  const log = join(folder, 'actions.db-wal')
  // The last bit of its magic number.
  overwrite(log, 3, Buffer.of((readFileSync(log)[3] ?? 0) ^ 1))
  const { sent, damage } = open(folder)
  expect(sent.map(({ body }) => levelOf(body))).toEqual(Array.from({ length: 50 }, (_, level) => level))
  expect(damage).toMatchObject({ savedCount: 50, lostCount: 0 })
})

test('E4 rows of which the log has lost where they are go on too', async () => {
  const folder = await leaveKilled(50)
  const log = join(folder, 'actions.db-wal')
  const bytes = readFileSync(log)
  const [frameBytes, pageAt, namesOthers] = [24 + 4_096, 24, 5]
  const frames = Array.from({ length: Math.floor((bytes.length - 32) / frameBytes) }, (_, n) => 32 + n * frameBytes)
  const last = frames.findLast((at) => bytes[at + pageAt] === namesOthers) ?? 0
  overwrite(log, last + pageAt + 2_000, Buffer.of(1))
  const { sent, damage } = open(folder)
  expect(sent.map(({ body }) => levelOf(body))).toEqual(Array.from({ length: 50 }, (_, level) => level))
  expect(damage).toMatchObject({ savedCount: 50, lostCount: 0 })
})

test('E4 a salvage that is ended suddenly is done once more', async () => {
  const folder = await leaveKilled(50)
  damageLog(folder)
  const file = join(folder, 'actions.db')
  // There is no room for the copy.
  mkdirSync(`${file}.copy`)
  for (let run = 0; run < 2; run++) expect(() => open(folder)).toThrow('cannot be opened')
  rmdirSync(`${file}.copy`)
  expect(open(folder).sent).toHaveLength(50)
})

test('E4 a salvage that was ended before its last step goes on with what was saved', async () => {
  const folder = await leaveKilled(50)
  damageLog(folder)
  open(folder).queue.close()
  const file = join(folder, 'actions.db')
  renameSync(file, `${file}.salvaged`)
  const { sent, damage } = open(folder)
  expect(sent).toHaveLength(50)
  expect(damage).toBeUndefined()
})

test('a log that ends in the middle of a write, as the power failed, is no damage', async () => {
  const folder = await leaveKilled(5)
  const log = join(folder, 'actions.db-wal')
  truncateSync(log, statSync(log).size - 100)
  const { sent, damage } = open(folder)
  expect(sent.map(({ body }) => levelOf(body))).toEqual([0, 1, 2, 3])
  expect(damage).toBeUndefined()
})

test('an action whose text the disk has changed is not sent, is told as that, and holds nothing up', async () => {
  const folder = makeFolder()
  const first = open(folder, { isOnline: false })
  for (const level of [111_111, 222_222, 333_333]) await first.plugin.put(SetLevel, { tankId: 'a', level })
  first.queue.close()
  const file = join(folder, 'actions.db')
  overwrite(file, readFileSync(file).indexOf('222222'), Buffer.from('999999'))
  const { sent, plugin, queue } = open(folder)
  const heard: Answered[] = []
  plugin.onAnswer((answered) => void heard.push(answered))
  await sent[0]?.answer(accepted)
  await sent[1]?.answer(accepted)
  expect(sent.map(({ body }) => levelOf(body))).toEqual([111_111, 333_333])
  expect(heard.map(({ answer }) => answer)).toContainEqual(expect.objectContaining({ outcome: 'failed' }))
  expect(queue.status().waitingCount).toBe(0)
})

test('a queue of the first format goes on', async () => {
  const folder = makeFolder()
  const first = open(folder, { isOnline: false })
  await first.plugin.put(SetLevel, { tankId: 'a', level: 1 })
  first.database.run('ALTER TABLE actions DROP COLUMN checksum')
  first.database.run('PRAGMA user_version = 1')
  first.queue.close()
  const { plugin, sent } = open(folder)
  await plugin.put(SetLevel, { tankId: 'a', level: 2 })
  expect(sent.map(({ body }) => levelOf(body))).toEqual([1, 2])
})

const seed = testSeed()
test(`E4 wherever a byte of a log changes, what is lost by that is little, and never without a word (seed ${seed})`, async () => {
  const random = createSeededRandom(seed)
  for (let run = 0; run < 5; run++) {
    const count = 20 + Math.floor(random() * 20)
    const killed = await leaveKilled(count, () => Math.floor(random() * 2_000))
    const log = join(killed, 'actions.db-wal')
    overwrite(log, Math.floor(random() * statSync(log).size), Buffer.of(Math.floor(random() * 256)))
    const { sent, queue, damage } = open(killed)
    const found = new Set(sent.map(({ body }) => levelOf(body)))
    const missing = Array.from({ length: count }, (_, level) => level).filter((level) => !found.has(level))
    expect(missing.length).toBeLessThan(5)
    // The very last write: nobody can tell damage from a power failure, before which it was not acknowledged.
    if (!damage) expect([[], [count - 1]]).toContainEqual(missing)
    expect([...found]).toEqual([...found].toSorted((a, b) => a - b))
    queue.close()
  }
})

test('a second process is refused the file', () => {
  const folder = makeFolder()
  open(folder)
  const other = Bun.spawnSync([
    process.execPath,
    '-e',
    `import { openQueueFile } from '${join(import.meta.dir, 'open-queue-file.ts')}'
     try { openQueueFile('${join(folder, 'actions.db')}', 0) } catch (error) { console.log(error.kind) }`,
  ])
  expect(other.stdout.toString().trim()).toBe('already-running')
})

test('the file is for its owner only', () => {
  const folder = makeFolder()
  open(folder)
  expect(statSync(join(folder, 'actions.db')).mode & 0o777).toBe(0o600)
  expect(existsSync(join(folder, 'actions.db-wal'))).toBe(true)
})

test('a part that has stopped puts nothing and hears nothing', async () => {
  const { queue, sent } = open(makeFolder())
  const part = new AbortController()
  const plugin = queue.of('test', part.signal)
  const heard: Answered[] = []
  plugin.onAnswer((answered) => void heard.push(answered))
  await plugin.put(SetLevel, { tankId: 'a', level: 1 })
  part.abort()
  expect(plugin.put(SetLevel, { tankId: 'a', level: 2 })).rejects.toMatchObject({ kind: 'unavailable' })
  await sent[0]?.answer(rejected)
  expect(heard).toEqual([])
  expect(queue.status().refusedCount).toBe(1)
  queue.close()
})

async function settled(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await Promise.resolve()
}

async function fill(folder: string, count: number): Promise<void> {
  const { plugin, queue } = open(folder, { isOnline: false })
  const tankId = 'a'.repeat(1_000)
  await Promise.all(Array.from({ length: count }, (_, level) => plugin.put(SetLevel, { tankId, level })))
  queue.close()
}

/** A folder as a process leaves it that is killed. */
async function leaveKilled(count: number, lengthOf: () => number = () => 0): Promise<string> {
  const [folder, killed] = [makeFolder(), makeFolder()]
  const { plugin, queue } = open(folder, { isOnline: false })
  for (let level = 0; level < count; level++)
    await plugin.put(SetLevel, { tankId: `a${'b'.repeat(lengthOf())}`, level })
  for (const name of ['actions.db', 'actions.db-wal']) copyFileSync(join(folder, name), join(killed, name))
  queue.close()
  return killed
}

function damageLog(folder: string): void {
  const log = join(folder, 'actions.db-wal')
  overwrite(log, Math.floor(statSync(log).size / 2), Buffer.from('bytes of somebody else'))
}

function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, bytes, 0, bytes.length, at)
  closeSync(descriptor)
}

function levelOf(body: unknown): number {
  return (body as { level: number }).level
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-queue-'))
  folders.push(folder)
  return folder
}

type Sent = { action: QueuedAction; body: unknown; prev: string | undefined; answer(answer: Answer): Promise<void> }

function open(
  folder: string,
  options: { isOnline?: boolean; inFlightCountMax?: number; bounds?: Partial<QueueBounds> } = {},
) {
  const file = join(folder, 'actions.db')
  const { database, damage } = openQueueFile(file, 0)
  const { inFlightCountMax = defaultQueueBounds.inFlightCountMax } = options
  const sent: Sent[] = []
  const queue: AgentQueue = createAgentQueue({
    file: createQueueFile(database, file),
    clock: createFakeClock(),
    random: () => 0.5,
    log: silentLog,
    bounds: { ...defaultQueueBounds, inFlightCountMax, ...options.bounds },
    putAside: () => listPutAside(file),
    canSend: () => options.isOnline ?? true,
    send: (action, body, prev) =>
      new Promise((resolve) => {
        const answer = async (given: Answer) => {
          resolve(given)
          await settled()
        }
        sent.push({ action, body: JSON.parse(body), prev, answer })
      }),
  })
  const plugin = queue.of('test', new AbortController().signal)
  return { queue, plugin, sent, database, damage, end: () => database.close() }
}
