import { afterEach, beforeEach, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '#kernel/clock.ts'
import { systemRandom } from '#kernel/random.ts'
import { createPortKeeper } from './ports.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'peek-ports-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const keeper = () => createPortKeeper({ home, random: systemRandom, clock: systemClock })
const wish = (owner: string) => ({ owner, port: 0, key: 'x', host: '127.0.0.1' })

test('a free port is chosen once and then stays', async () => {
  const chosen = await keeper().choose(wish('field'))
  expect(await keeper().choose(wish('field'))).toBe(chosen)
})

test('two parts never get the same port', async () => {
  const ports = keeper()
  const chosen = [
    await ports.choose(wish('field')),
    await ports.choose(wish('office')),
    await ports.choose(wish('agent')),
  ]
  expect(new Set(chosen).size).toBe(3)
})

test('another free port is chosen when the usual one is taken', async () => {
  const usual = await keeper().choose(wish('field'))
  const squatter = Bun.listen({ hostname: '127.0.0.1', port: usual, socket: { data: () => undefined } })
  expect(await keeper().choose(wish('field'))).not.toBe(usual)
  squatter.stop(true)
})
