import { expect, test } from 'bun:test'
import { createDeferred } from '#kernel/deferred.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import type { Row } from '#vortex/protocol/row.ts'
import { digestRows, hashOfRows } from '#vortex/protocol/rows-digest.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'
import { toFakePosition } from '../testing/fake-service.ts'
import { createKeptRowsWorld, Word } from '../testing/kept-rows-world.ts'
import { settle } from '../testing/settle.ts'

/** Rows on a device that takes long to read them, while the server goes on speaking. */
const [a, b] = [
  { id: 'a', word: 'apple' },
  { id: 'b', word: 'berry' },
]
const hashOf = (rows: readonly Row[]): string =>
  hashOfRows({ digest: digestRows(rows), count: rows.length, keyedBy: ['id'], orderBy: ['word'] })

test('what turns out to be unreadable takes nothing with it that was written since', async () => {
  const { service, pass, openPage } = await keptBefore([a, b])
  const OtherWord = defineTuple('tutorial.Word', { id: text(), word: text(), more: integer() }, { keep: true })
  const reading = createDeferred<void>()
  const page = openPage({ beforeRead: () => reading.promise })
  page.watch(OtherWord)
  await settle()
  await pass(3_000)
  await pass(1_000)
  reading.resolve()
  await settle()
  await pass(120_000)
  page.kill()
  service.isUp = false
  const heard = openPage().watch(OtherWord)
  await settle()
  expect(heard).toMatchObject([{ kept: [a, b] }])
})

test('rows that wait for those on the device are not said to be those already', async () => {
  const { service, pass, openPage } = await keptBefore([a, b])
  const changed = { id: 'a', word: 'avocado' }
  const reading = createDeferred<void>()
  // It has gone on too far to know the token; and the row is again what it was.
  service.resumes = ({ hash }) => (hash === hashOf([a, b]) ? { token: '9', position: toFakePosition(9) } : undefined)
  const page = openPage({ beforeRead: () => reading.promise })
  page.watch(Word, {}, false)
  await settle()
  service.patch({ set: [changed] })
  service.drop()
  await pass(1_000)
  reading.resolve()
  await settle()
  const heard = page.watch()
  expect(heard).toMatchObject([{ kept: [a, b] }, 'resumed'])
})

/** A device that has kept these rows in an earlier life of the page, and the server has them still. */
async function keptBefore(rows: readonly Row[]) {
  const world = createKeptRowsWorld()
  world.service.rows = rows
  const page = world.openPage()
  page.watch()
  await settle()
  await world.pass(1_000)
  page.close()
  world.clock.advance(3_600_000)
  return world
}
