import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createDeferred } from '#kernel/deferred.ts'
import { defineFieldPart } from '#plugin-api/define-parts.ts'
import { defineSettings } from '#plugin-api/part-context.ts'
import { defineRpc } from '#rpc/define-rpc.ts'
import { answerRpc } from '#rpc/rpc.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { createPartsRig, type PartsRig, plugin } from './testing/parts-rig.ts'

let rig: PartsRig
beforeEach(() => {
  rig = createPartsRig()
})
afterEach(() => rig.dispose())

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('what a part is given', () => {
  test('calls that wait for it while it is started or restarted, and again from the stop on', async () => {
    rig.telling('a')
    await rig.host.run([plugin('a')])
    expect(rig.starting).toEqual([false])
    await Promise.all([rig.host.restart('a'), rig.host.restart('a')])
    expect(rig.starting).toEqual([false, true, false])
    await Promise.all([rig.host.run([plugin('a'), plugin('b')]), rig.host.stop()])
    expect(rig.starting).toEqual([false, true, false, true])
  })

  test('answers calls from when it has started until it ends', async () => {
    const Ask = defineRpc('a.Ask', { listensOn: 'field', acceptsFrom: ['logic'], input: {}, output: {} })
    const slow = createDeferred()
    rig.parts.set('a', () => defineFieldPart({ rpcs: [answerRpc(Ask, () => ({}))], start: () => slow.promise }))
    const running = rig.host.run([plugin('a')])
    await flush()
    expect([...rig.listening]).toEqual([])
    slow.resolve()
    await running
    expect([...rig.listening]).toEqual(['a'])
    await rig.host.run([])
    expect([...rig.listening]).toEqual([])
  })

  test('calls that are made of what the part is given, and are its own to answer', async () => {
    const Ask = defineRpc('a.Ask', { listensOn: 'field', acceptsFrom: ['logic'], input: {}, output: {} })
    rig.parts.set('a', () => defineFieldPart({ rpcs: ({ plugin: id }) => [answerRpc(Ask, () => ({ id }))] }))
    rig.parts.set('b', () => defineFieldPart({ rpcs: () => [answerRpc(Ask, () => ({}))] }))
    await rig.host.run([plugin('a'), plugin('b')])
    expect([...rig.listening]).toEqual(['a'])
    expect(rig.host.statuses()[1]?.words).toContain('Plugin "b" defines the call "a.Ask"')
  })

  test('calls that may fail without anybody awaiting them', async () => {
    const Ask = defineRpc('a.Ask', { listensOn: 'logic', acceptsFrom: ['field'], input: {}, output: {} })
    const uncaught: unknown[] = []
    const listener = (error: unknown): void => void uncaught.push(error)
    process.on('unhandledRejection', listener)
    rig.telling('a', ({ rpc }) => {
      void rpc.call(Ask, {})
    })
    await rig.host.run([plugin('a')])
    await flush()
    process.off('unhandledRejection', listener)
    expect(uncaught).toEqual([])
    expect(rig.states()).toEqual({ a: 'running' })
  })

  test('settings as they are now, each field that does not fit at its default', async () => {
    const definition = defineSettings('a', {
      fields: { name: text(), count: integer() },
      defaults: { name: 'nobody', count: 3 },
      words: { name: 'Who', count: 'How many' },
    })
    const seen: unknown[] = []
    rig.telling('a', ({ settings }) => {
      seen.push(settings.get(definition))
      settings.onChange(() => seen.push(settings.get(definition)))
    })
    await rig.host.run([plugin('a')])
    rig.kept.a = { name: 'somebody', count: 'many', forgotten: 1 }
    rig.settingsListeners.get('a')?.()
    await flush()
    expect(seen).toEqual([
      { name: 'nobody', count: 3 },
      { name: 'somebody', count: 3 },
    ])
    expect(rig.said).toEqual(['field.a: settings that no longer fit their definition are left at their defaults'])
    await rig.host.stop()
    expect(rig.settingsListeners.size).toBe(0)
  })

  test('no settings of another plugin', async () => {
    const other = defineSettings('other', { fields: {}, defaults: {}, words: {} })
    rig.telling('a', ({ settings }) => void settings.get(other))
    await rig.host.run([plugin('a')])
    expect(rig.host.statuses()[0]?.words).toContain('a plugin sees its own')
  })

  test('a folder of its own, made when it is asked for', async () => {
    let folder = ''
    rig.telling('a', ({ files }) => {
      folder = files()
    })
    await rig.host.run([plugin('a')])
    expect(folder).toBe(join(rig.filesFolder, 'a'))
    expect(existsSync(folder)).toBe(true)
  })

  test('the address of the site that its routes stand on', async () => {
    let address = ''
    rig.telling('a', ({ site }) => {
      address = site()
    })
    await rig.host.run([plugin('a')])
    expect(address).toBe('http://localhost:1')
  })
})

describe('routes', () => {
  const ask = (id: string, path: string, init?: RequestInit) =>
    rig.host.fetch(id, new Request(`http://localhost/p/${id}/api${path}`, init))

  test('of a plugin that is not here are 404, of one that does not run just now 503', async () => {
    rig.parts.set('broken', () => {
      throw new Error('no luck')
    })
    rig.telling('silent')
    await rig.host.run([plugin('broken'), plugin('silent')])
    const broken = await ask('broken', '/x')
    expect([broken.status, broken.headers.get('retry-after')]).toEqual([503, '2'])
    expect((await ask('silent', '/x')).status).toBe(404)
    expect((await ask('unknown', '/x')).status).toBe(404)
  })

  test('a request under way is answered before the part ends; one that comes later is refused', async () => {
    const working = createDeferred()
    rig.parts.set('a', () =>
      defineFieldPart({
        routes: (routes, { onStop }) => {
          onStop(() => void rig.happened.push('closed'))
          routes.get('/slow', async (c) => {
            await working.promise
            rig.happened.push('answered')
            return c.text('late')
          })
        },
      }),
    )
    await rig.host.run([plugin('a')])
    const slow = ask('a', '/slow')
    await flush()
    const stopped = rig.host.stop()
    await flush()
    expect((await ask('a', '/slow')).status).toBe(503)
    working.resolve()
    expect(await (await slow).text()).toBe('late')
    await stopped
    expect(rig.happened).toEqual(['answered', 'closed'])
  })
})
