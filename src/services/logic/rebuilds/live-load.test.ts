import { expect, test } from 'bun:test'
import type { Projector } from '#projection/projector.ts'
import type { ProjectorStatus } from '#projection/projector-status.ts'
import { liveLagMs } from './live-load.ts'

const projector = (status: Partial<ProjectorStatus>): Projector => ({ status: () => status }) as Projector

test('live work is as late as its slowest projector was lately', () => {
  const slow = projector({ state: 'live', lastEventAt: 9_000, lastCommitAt: 9_400 })
  const quick = projector({ state: 'live', lastEventAt: 9_490, lastCommitAt: 9_500 })
  expect(liveLagMs([quick, slow], 10_000)).toBe(400)
})

test('one that catches up, that is idle, or has seen nothing yet says nothing', () => {
  const catching = projector({ state: 'catching-up', lastEventAt: 0, lastCommitAt: 9_999 })
  const idle = projector({ state: 'live', lastEventAt: 0, lastCommitAt: 5_000 })
  const fresh = projector({ state: 'live', lastEventAt: null, lastCommitAt: null })
  expect(liveLagMs([catching, idle, fresh], 10_000)).toBe(0)
  expect(liveLagMs([], 10_000)).toBe(0)
})
