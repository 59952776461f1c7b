import { afterEach, expect, test } from 'bun:test'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildingFolder, removeAbandoned, replaceFolder } from './replace-folder.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peek-replace-folder-'))
  folders.push(folder)
  return folder
}

test('a filled folder takes the place of the old one and leaves nothing beside it', async () => {
  const parent = await emptyFolder()
  const [building, target] = [join(parent, 'building'), join(parent, 'dist')]
  await Bun.write(join(target, 'old.txt'), 'old')
  await replaceFolder({ building, target, fill: async () => void (await Bun.write(join(building, 'new.txt'), 'new')) })
  expect(await readdir(target)).toEqual(['new.txt'])
  expect(await readdir(parent)).toEqual(['dist'])
})

test('the old folder stays when filling the new one fails', async () => {
  const parent = await emptyFolder()
  const [building, target] = [join(parent, 'building'), join(parent, 'dist')]
  await Bun.write(join(target, 'old.txt'), 'old')
  const fill = () => Promise.reject(new Error('half way'))
  expect(replaceFolder({ building, target, fill })).rejects.toThrow('half way')
  await replaceFolder({ building, target, fill }).catch(() => undefined)
  expect(await readdir(target)).toEqual(['old.txt'])
  expect(await readdir(parent)).toEqual(['dist'])
})

test('what a killed build left is removed, what a running one fills is not', async () => {
  const parent = await emptyFolder()
  const target = join(parent, 'dist')
  const ended = Bun.spawn(['true'])
  await ended.exited
  await Bun.write(join(`${target}.building-${ended.pid}`, 'half.txt'), '')
  await Bun.write(join(buildingFolder(target), 'half.txt'), '')
  await removeAbandoned(target)
  expect(await readdir(parent)).toEqual([`dist.building-${process.pid}`])
})
