import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { logStart } from '#kernel/position.ts'
import type { Anchor } from './anchors.ts'
import { createAnchorLeaver } from './leave-anchors.ts'

const anchorOf = (eventCount: number): Anchor => ({ eventCount, position: logStart, hash: 'ab'.repeat(32), at: 0 })

/** All that needs no clock has happened. */
const turn = () => Bun.sleep(0)

function openFolders(write: (folder: string) => Promise<void>) {
  const written: string[] = []
  const clock = createFakeClock()
  const leave = createAnchorLeaver({
    folders: ['near', 'far'],
    clock,
    append: async (folder, { eventCount }) => {
      await write(folder)
      written.push(`${folder} ${eventCount}`)
    },
  })
  return { leave, written, clock }
}

test('a folder that fails is named, costs the others nothing, and alone is tried again', async () => {
  let isAway = true
  const { leave, written } = openFolders(async (folder) => {
    if (folder === 'far' && isAway) throw new Error('no such medium')
  })
  expect(await leave(anchorOf(1))).toEqual(['An anchor could not be kept in far: no such medium'])
  isAway = false
  expect(await leave(anchorOf(1))).toEqual([])
  expect(written).toEqual(['near 1', 'far 1'])
})

test('a folder that hangs is given up after a while, and not waited for again until it answers', async () => {
  const hanging = createDeferred<void>()
  const { leave, written, clock } = openFolders((folder) => (folder === 'far' ? hanging.promise : Promise.resolve()))
  const answers = [leave(anchorOf(1)), leave(anchorOf(2))]
  await turn()
  clock.advance(10_000)
  const words = ['An anchor could not be kept in far: the folder does not answer.']
  expect(await Promise.all(answers)).toEqual([words, words])
  expect(await leave(anchorOf(3))).toEqual(words)
  hanging.resolve()
  await turn()
  expect(await leave(anchorOf(4))).toEqual([])
  expect(written.filter((each) => each.startsWith('far'))).toEqual(['far 1', 'far 2', 'far 4'])
})

test('anchors that are left at the same time stand in their order', async () => {
  const { leave, written } = openFolders(async () => undefined)
  await Promise.all([leave(anchorOf(1)), leave(anchorOf(2)), leave(anchorOf(3))])
  expect(written.filter((each) => each.startsWith('far'))).toEqual(['far 1', 'far 2', 'far 3'])
})
