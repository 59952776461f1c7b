import { expect, test } from 'bun:test'
import { defaultLimits } from '#vortex/protocol/limits.ts'
import { vortexOptions } from './vortex-options.ts'

test('the bounds of connections default to those of the protocol', () => {
  const defaults = Object.entries(vortexOptions).map(([name, option]) => [
    name,
    option.makeDefault({ makeSecret: () => '', serviceSecret: () => '' }),
  ])
  expect(Object.fromEntries(defaults)).toEqual({ ...defaultLimits })
})
