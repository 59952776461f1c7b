import type { Plan } from './plan.ts'

/** Schedules that failed once, made shorter: each with the law that it broke. They stand for themselves, whatever a seed gives. */
export const knownPlans: readonly { readonly law: string; readonly plan: Plan }[] = [
  {
    law: 'what waits for one that was refused goes once that one was sent anew and accepted',
    plan: {
      seed: 9,
      devices: [{ tabCount: 1, clockOffsetMs: 0, version: 2, sites: ['shared'] }],
      serverVersion: 2,
      steps: [
        { at: 1_000, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 0, word: 'refuse' } },
        { at: 5_000, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 1, word: 'plain', dependsOn: 1 } },
        { at: 9_000, deed: { do: 'person', device: 0, tab: 0, act: 'resend' } },
      ],
      healAt: 10_000,
      leavesDead: false,
    },
  },
  {
    law: 'V3 a laptop whose clock was set back while it slept finds its dead connection',
    plan: {
      seed: 1266,
      devices: [{ tabCount: 1, clockOffsetMs: 0, version: 2, sites: ['shared', 'own-0'] }],
      serverVersion: 2,
      steps: [
        { at: 57262, deed: { do: 'sleep', device: 0, forMs: 55248 } },
        { at: 58728, deed: { do: 'set-clock', device: 0, byMs: -3600000 } },
        { at: 102323, deed: { do: 'push', device: 0, tab: 0, site: 'own-0', slot: 0, word: 'plain' } },
      ],
      healAt: 121000,
      leavesDead: true,
    },
  },
  {
    law: 'who signs in while the app connects is not left with the answer from before',
    plan: {
      seed: 29293740,
      devices: [{ tabCount: 2, clockOffsetMs: 0, version: 1, sites: ['shared'] }],
      serverVersion: 1,
      steps: [
        { at: 24867, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 2, word: 'refuse' } },
        { at: 27868, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 1, word: 'erase' } },
        { at: 31562, deed: { do: 'push', device: 0, tab: 2, site: 'shared', slot: 2, word: 'plain' } },
        { at: 31627, deed: { do: 'push', device: 0, tab: 2, site: 'shared', slot: 0, word: 'plain' } },
        { at: 31948, deed: { do: 'push', device: 0, tab: 2, site: 'shared', slot: 3, word: 'plain' } },
        { at: 32001, deed: { do: 'sign-out', device: 0, forMs: 1092 } },
        { at: 56606, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 0, word: 'plain' } },
        { at: 56835, deed: { do: 'sign-out', device: 0, forMs: 58117 } },
        { at: 61524, deed: { do: 'upgrade', device: 0 } },
      ],
      healAt: 62524,
      leavesDead: false,
    },
  },
  {
    law: 'what is pushed while another is being discarded does not go with it: nobody saw it',
    plan: {
      seed: 3,
      devices: [{ tabCount: 1, clockOffsetMs: 0, version: 2, sites: ['shared'] }],
      serverVersion: 2,
      steps: [
        { at: 1_000, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 0, word: 'refuse' } },
        { at: 5_000, deed: { do: 'sleep', device: 0, forMs: 10_000 } },
        { at: 6_000, deed: { do: 'person', device: 0, tab: 0, act: 'discard' } },
        { at: 7_000, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 1, word: 'plain', dependsOn: 1 } },
      ],
      healAt: 20_000,
      leavesDead: false,
    },
  },
  {
    law: 'what was held up, was let go and is held up anew holds up nothing in another lane',
    plan: {
      seed: 71_016_347,
      devices: [{ tabCount: 1, clockOffsetMs: 0, version: 2, sites: ['shared', 'own-0'] }],
      serverVersion: 2,
      steps: [
        { at: 2_000, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 2, word: 'break' } },
        { at: 10_000, deed: { do: 'push', device: 0, tab: 0, site: 'own-0', slot: 0, word: 'refuse', dependsOn: 1 } },
        { at: 11_000, deed: { do: 'push', device: 0, tab: 0, site: 'own-0', slot: 4, word: 'plain', dependsOn: 1 } },
        { at: 12_000, deed: { do: 'push', device: 0, tab: 0, site: 'own-0', slot: 3, word: 'plain', dependsOn: 1 } },
        { at: 46_000, deed: { do: 'lose', line: 'device-0', way: 'down', forMs: 20_000 } },
        { at: 50_000, deed: { do: 'person', device: 0, tab: 0, act: 'release' } },
        { at: 55_000, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 4, word: 'plain', dependsOn: 1 } },
        { at: 56_000, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 3, word: 'plain' } },
      ],
      healAt: 61_000,
      leavesDead: false,
    },
  },
  {
    law: 'E3 what a page reads while it writes itself leaves nothing out',
    plan: {
      seed: 73_002_307,
      devices: [{ tabCount: 3, clockOffsetMs: -12_117_001, version: 1, sites: ['shared', 'own-0'] }],
      serverVersion: 1,
      steps: [
        { at: 3_368, deed: { do: 'push', device: 0, tab: 0, site: 'own-0', slot: 4, word: 'plain' } },
        { at: 3_495, deed: { do: 'push', device: 0, tab: 2, site: 'own-0', slot: 4, word: 'change' } },
        { at: 3_511, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 2, word: 'plain' } },
        { at: 3_513, deed: { do: 'push', device: 0, tab: 0, site: 'own-0', slot: 1, word: 'refuse' } },
        { at: 7_974, deed: { do: 'push', device: 0, tab: 0, site: 'shared', slot: 4, word: 'erase' } },
        { at: 10_698, deed: { do: 'close-tab', device: 0, tab: 0 } },
      ],
      healAt: 31_000,
      leavesDead: false,
    },
  },
]
