import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { createDeferred } from '#kernel/deferred.ts'
import { defineFieldPart } from '#plugin-api/define-parts.ts'
import { createPartsRig, type PartsRig, plugin } from './testing/parts-rig.ts'

let rig: PartsRig
beforeEach(() => {
  rig = createPartsRig()
})
afterEach(() => rig.dispose())

const flush = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('order', () => {
  test('each part starts after those it requires and ends before them', async () => {
    rig.telling('base', async () => flush())
    rig.telling('middle')
    rig.telling('top')
    await rig.host.run([plugin('base'), plugin('middle', ['base']), plugin('top', ['middle', 'base'])])
    await rig.host.stop()
    expect(rig.happened).toEqual([
      'base starts',
      'middle starts',
      'top starts',
      'top stops',
      'middle stops',
      'base stops',
    ])
  })

  test('a plugin without a part here is no hindrance, and is not shown', async () => {
    rig.telling('top')
    await rig.host.run([plugin('base'), plugin('top', ['base'])])
    expect(rig.states()).toEqual({ top: 'running' })
  })

  test('a start that takes its time holds up only those that require it', async () => {
    const slow = createDeferred()
    rig.telling('slow', () => slow.promise)
    rig.telling('other')
    rig.telling('waits')
    const running = rig.host.run([plugin('slow'), plugin('other'), plugin('waits', ['slow'])])
    await flush()
    expect(rig.states()).toEqual({ slow: 'starting', other: 'running', waits: 'waiting' })
    slow.resolve()
    await running
    expect(rig.states()).toEqual({ slow: 'running', other: 'running', waits: 'running' })
  })
})

describe('a part that fails', () => {
  test.each([
    [
      'throws when it is loaded',
      () => {
        throw new Error('no such file')
      },
      'its code could not be loaded, which a process tries once: restart the service when that is mended (because: no such file)',
    ],
    ['throws when it starts', () => defineFieldPart({ start: () => Promise.reject(new Error('no luck')) }), 'no luck'],
    [
      'throws when it makes its routes',
      () =>
        defineFieldPart({
          routes: () => {
            throw new Error('bad path')
          },
        }),
      'bad path',
    ],
  ])('and %s is reported, with those that require it; the others run', async (_, part, words) => {
    rig.parts.set('broken', part)
    rig.telling('needy')
    rig.telling('well')
    await rig.host.run([plugin('broken'), plugin('needy', ['broken']), plugin('well')])
    expect(rig.states()).toEqual({ broken: 'failed', needy: 'failed', well: 'running' })
    expect(rig.said).toEqual([
      `field.broken: the field part failed: ${words}`,
      'field.needy: the field part is not started: it requires "broken", which does not run here',
    ])
    expect(rig.happened).toEqual(['well starts'])
  })

  test('leaves nothing behind, and is tried again with the next list', async () => {
    let isLucky = false
    rig.telling('broken', (context) => {
      context.every(10, () => void rig.happened.push('tick'))
      if (!isLucky) throw new Error('no luck')
    })
    await rig.host.run([plugin('broken')])
    rig.clock.advance(100)
    await flush()
    expect(rig.happened).toEqual(['broken starts', 'broken stops'])
    isLucky = true
    await rig.host.run([plugin('broken')])
    expect(rig.states()).toEqual({ broken: 'running' })
  })

  test('a start that hangs is given up after its bound, and not begun again while it hangs', async () => {
    const hanging = createDeferred()
    rig.telling('hangs', () => hanging.promise)
    const running = rig.host.run([plugin('hangs')])
    await flush()
    for (const ms of [1_000, 500, 500]) {
      rig.clock.advance(ms)
      await flush()
    }
    await running
    expect(rig.states()).toEqual({ hangs: 'stuck' })
    expect(rig.host.statuses()[0]?.words).toBe('its start did not end within 1 s; it did not end within 1 s: its start')
    await rig.host.run([plugin('hangs')])
    expect(rig.happened).toEqual(['hangs starts', 'hangs stops'])
    hanging.resolve()
    await flush()
    expect(rig.states()).toEqual({ hangs: 'running' })
  })

  test('code that does not come is given up after the same bound, holds up nobody else, and never the stop', async () => {
    rig.parts.set('hangs', () => createDeferred<undefined>().promise)
    rig.telling('well')
    const running = rig.host.run([plugin('hangs'), plugin('well')])
    await flush()
    rig.clock.advance(1_000)
    await running
    expect(rig.host.statuses()).toMatchObject([
      { plugin: 'hangs', state: 'failed', words: 'its code was not loaded within 1 s' },
      { plugin: 'well', state: 'running' },
    ])
    const again = rig.host.run([plugin('hangs'), plugin('well')])
    await flush()
    await rig.host.stop()
    await again
    expect(rig.happened).toEqual(['well starts', 'well stops'])
  })
})

describe('a part that failed', () => {
  test('is tried again, later and later, with those that require it, and is an error in the log once', async () => {
    let tries = 0
    rig.telling('broken', () => {
      if (++tries < 4) throw new Error('no luck')
    })
    rig.telling('needy')
    await rig.host.run([plugin('broken'), plugin('needy', ['broken'])])
    for (const [ms, triesBy] of [
      [999, 1],
      [1, 2],
      [2_000, 3],
      [3_999, 3],
      [1, 4],
    ] as const) {
      rig.clock.advance(ms)
      await flush()
      expect(tries).toBe(triesBy)
    }
    expect(rig.states()).toEqual({ broken: 'running', needy: 'running' })
    expect(rig.said).toHaveLength(2)
  })

  test('is not tried again after the stop', async () => {
    rig.telling('broken', () => Promise.reject(new Error('no luck')))
    await rig.host.run([plugin('broken')])
    await rig.host.stop()
    rig.clock.advance(100_000)
    await flush()
    expect(rig.happened).toEqual(['broken starts', 'broken stops'])
  })
})

describe('an error that nobody caught', () => {
  test('is reported and counted as the plugin’s whose code threw or awaited it, also after its part has ended', async () => {
    rig.telling('a')
    await rig.host.run([plugin('a')])
    const error = Object.assign(new Error('no luck'), { stack: 'Error: no luck\n    at tick (/nowhere/a/tick.ts:3:7)' })
    expect(rig.host.blame(error)).toBe(true)
    expect(rig.host.blame(new Error('of our own'))).toBe(false)
    expect(rig.host.statuses()[0]).toMatchObject({ state: 'running', failures: 1 })
    expect(rig.said[0]).toBe('field.a: the field part let an error go that nobody caught: no luck')
    await rig.host.run([])
    expect(rig.host.blame(error)).toBe(true)
  })
})

describe('a new list', () => {
  test('starts what is new, ends what is gone, and leaves the rest alone', async () => {
    for (const id of ['a', 'b', 'c']) rig.telling(id)
    await rig.host.run([plugin('a'), plugin('b')])
    await rig.host.run([plugin('b'), plugin('c')])
    expect(rig.happened).toEqual(['a starts', 'b starts', 'a stops', 'c starts'])
    expect(rig.states()).toEqual({ b: 'running', c: 'running' })
  })

  test('that comes while the one before is worked on waits for it', async () => {
    const slow = createDeferred()
    rig.telling('a', () => slow.promise)
    rig.telling('b')
    const first = rig.host.run([plugin('a')])
    const second = rig.host.run([plugin('b')])
    await flush()
    expect(rig.happened).toEqual(['a starts'])
    slow.resolve()
    await Promise.all([first, second])
    expect(rig.happened).toEqual(['a starts', 'a stops', 'b starts'])
  })

  test('a part that does not end is named, and comes back only when it has ended', async () => {
    const hanging = createDeferred()
    rig.telling('hangs', ({ onStop }) => onStop(() => hanging.promise))
    await rig.host.run([plugin('hangs')])
    const gone = rig.host.run([])
    await flush()
    rig.clock.advance(500)
    await flush()
    await gone
    expect(rig.states()).toEqual({ hangs: 'stuck' })
    expect(rig.said[0]).toBe(
      'field.hangs: the field part is stuck: it did not end within 1 s: a stop handler, 1 stop handlers that did not get their turn',
    )
    await rig.host.run([plugin('hangs')])
    expect(rig.happened).toEqual(['hangs starts'])
    hanging.resolve()
    await flush()
    expect(rig.happened).toEqual(['hangs starts', 'hangs stops', 'hangs starts'])
  })

  test('a restart ends a part and those that require it, and starts them again; the others go on', async () => {
    for (const id of ['a', 'b', 'c']) rig.telling(id)
    await rig.host.run([plugin('a'), plugin('b', ['a']), plugin('c')])
    rig.happened.length = 0
    await rig.host.restart('a')
    expect(rig.happened).toEqual(['b stops', 'a stops', 'a starts', 'b starts'])
    expect(rig.host.statuses().map(({ plugin: id, starts, left }) => [id, starts, left])).toEqual([
      ['c', 1, []],
      ['a', 2, []],
      ['b', 2, []],
    ])
    await rig.host.restart('unknown')
    expect(rig.happened).toHaveLength(4)
  })

  test('a restart names what the run before it left behind, and waits until that has ended', async () => {
    const hanging = createDeferred()
    rig.telling('hangs', ({ plugin: id, every }) => {
      if (rig.happened.length === 1) every(1, () => hanging.promise)
      rig.happened.push(`${id} runs`)
    })
    await rig.host.run([plugin('hangs')])
    rig.clock.advance(1)
    await flush()
    const restarted = rig.host.restart('hangs')
    for (const ms of [500, 500]) {
      await flush()
      rig.clock.advance(ms)
    }
    await restarted
    expect(rig.host.statuses()[0]).toMatchObject({ state: 'stuck', starts: 1, left: ['work of every 1 ms'] })
    hanging.resolve()
    await flush()
    expect(rig.host.statuses()[0]).toMatchObject({ state: 'running', starts: 2, left: ['work of every 1 ms'] })
  })

  test('after the stop starts nothing any more, and a start under way is given up', async () => {
    rig.telling('slow', () => createDeferred().promise)
    const running = rig.host.run([plugin('slow')])
    await flush()
    const stopped = rig.host.stop()
    for (const ms of [500, 500]) {
      await flush()
      rig.clock.advance(ms)
    }
    await Promise.all([running, stopped])
    await rig.host.run([plugin('other')])
    expect(rig.happened).toEqual(['slow starts', 'slow stops'])
  })
})
