import { describe, expect, test } from 'bun:test'
import { type Position, toPosition } from '#kernel/position.ts'
import { commitPlan } from './commit-plan.ts'
import type { PlannedEvent } from './fold.ts'

const at = (index: number): Position => toPosition(BigInt(index + 1), BigInt(index + 1))

describe('P5 a plan that Postgres refuses for its data', () => {
  test('is halved until the guilty events park alone; the commits cover it in order, each event once', async () => {
    const { commits, commit } = recorder([3, 10])
    await commitPlan(commit, planOf(13), at(20))
    const events = commits.flatMap(({ plan }) => plan)
    expect(events.map(indexOf)).toEqual(Array.from({ length: 13 }, (_, index) => index))
    expect(events.filter(({ failure }) => failure !== undefined).map(indexOf)).toEqual([3, 10])
    const ends = commits.map(({ to }) => to)
    expect(ends).toEqual(ends.toSorted())
    expect(ends.at(-1)).toBe(at(20))
    for (const { plan, to } of commits.slice(0, -1)) expect(plan.at(-1)?.event.position).toBe(to)
  })

  test('is not tried for ever when the event is not at fault', async () => {
    let tryCount = 0
    const refusing = () => {
      tryCount++
      return Promise.reject(dataError)
    }
    await expect(commitPlan(refusing, planOf(1), at(1))).rejects.toBe(dataError)
    await expect(commitPlan(refusing, [], at(1))).rejects.toBe(dataError)
    expect(tryCount).toBe(3)
  })

  test('any other failure is passed on at once', async () => {
    const lost = new Error('the connection is gone')
    await expect(commitPlan(() => Promise.reject(lost), planOf(4), at(4))).rejects.toBe(lost)
  })
})

const dataError = Object.assign(new Error('index row size exceeds maximum'), { code: '54000' })

function recorder(guilty: readonly number[]) {
  const commits: { plan: readonly PlannedEvent[]; to: Position }[] = []
  const commit = async (plan: readonly PlannedEvent[], to: Position) => {
    if (plan.some((planned) => planned.failure === undefined && guilty.includes(indexOf(planned))))
      throw new Error('the statement failed', { cause: dataError })
    commits.push({ plan, to })
    return { changes: new Map(), parked: [] }
  }
  return { commits, commit }
}

function planOf(count: number): PlannedEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    event: {
      id: String(index),
      type: 't',
      data: {},
      stream: 's',
      entityId: 'e',
      revision: index,
      position: at(index),
      actionId: undefined,
      user: '',
      device: '',
      occurredAt: 0,
      recordedAt: 0,
      recorded: { data: {}, metadata: {} },
    },
    operations: [],
  }))
}

function indexOf({ event }: PlannedEvent): number {
  return event.revision
}
