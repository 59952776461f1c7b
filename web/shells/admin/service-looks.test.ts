import { expect, test } from 'bun:test'
import {
  byRole,
  canForce,
  deedWords,
  isFound,
  type PartRow,
  partConcerns,
  type ServiceRow,
  serviceConcerns,
  serviceLook,
} from './service-looks.ts'

const service: ServiceRow = {
  id: 'worker-1',
  name: 'worker',
  instanceName: 'w1',
  zone: 'main',
  build: '1.0.0',
  host: 'peek-1',
  pid: 41,
  url: null,
  state: 'online',
  installation: 'i',
  isSupervised: true,
  restartingSince: null,
  startedAt: 1,
  lastSeenAt: 2,
  memoryBytes: 1,
  loopDelayMs: 1,
  roundTripMs: 1,
  sessionCount: 3,
  observationCount: 0,
  queuedActionCount: 7,
  oldestQueuedAt: null,
  refusedActionCount: 0,
  deliveredActionCount: 0,
  queueTrouble: null,
  placeCount: 2,
  busyPlaceCount: 1,
  jobProcessCount: 2,
  isDraining: false,
}
const part: PartRow = {
  id: 'worker-1/noop',
  instance: 'worker-1',
  service: 'worker',
  plugin: 'noop',
  version: '1.0.0',
  state: 'running',
  words: '',
  since: 1,
  failureCount: 0,
  startCount: 1,
  left: [],
}

test('a restart is no loss while it lasts; a drained worker is done when nothing runs on it any more', () => {
  const titleOf = (change: Partial<ServiceRow>) => serviceLook({ ...service, ...change }).title
  expect(titleOf({})).toBe('Online')
  expect(titleOf({ state: 'lost' })).toBe('Lost')
  expect(titleOf({ state: 'lost', restartingSince: 1 })).toBe('Restarting')
  expect(titleOf({ isDraining: true })).toBe('Draining')
  expect(titleOf({ isDraining: true, busyPlaceCount: 0 })).toBe('Drained')
})

test('only what is lost or does not run needs somebody', () => {
  expect(serviceConcerns({ ...service, isDraining: true })).toEqual([])
  expect(serviceConcerns({ ...service, state: 'lost', restartingSince: 1 })).toEqual([])
  expect(serviceConcerns({ ...service, state: 'lost' })).toMatchObject([
    { words: expect.stringContaining('worker “w1”') },
  ])
  expect(partConcerns({ ...part, state: 'starting' })).toEqual([])
  const failed: PartRow = { ...part, state: 'failed', words: 'no route' }
  expect(partConcerns(failed)).toMatchObject([
    { title: 'noop on worker', words: 'no route', href: '/services?find=noop' },
  ])
})

test('services stand by role, then by name as people count', () => {
  const rows = ['worker w10', 'agent b', 'other x', 'worker w2', 'logic a'].map((words) => {
    const [name = '', instanceName = ''] = words.split(' ')
    return { ...service, name, instanceName }
  })
  const sorted = rows.toSorted(byRole).map(({ name, instanceName }) => `${name} ${instanceName}`)
  expect(sorted).toEqual(['logic a', 'agent b', 'worker w2', 'worker w10', 'other x'])
})

test('an instance is found by any words that the page says of it or of its plugins', () => {
  for (const typed of ['', 'W1', 'noop worker', 'peek-1 41', 'online'])
    expect(isFound(service, [part], typed)).toBe(true)
  expect(isFound(service, [], 'noop')).toBe(false)
})

test('what is about to happen is said for the role it happens to', () => {
  expect(deedWords('drain', service)).toContain('what runs on it now (1 job) goes on')
  expect(deedWords('restart', service)).toContain('the rest is given back')
  expect(deedWords('restart', { ...service, name: 'agent' })).toContain('waiting actions (7)')
  expect(deedWords('restart', { ...service, name: 'field' })).toContain('Its devices (3)')
  expect(deedWords('restart', { ...service, name: 'logic' })).toContain('sign in again')
  expect(deedWords('restart', { ...service, state: 'lost' })).toContain('ended by force')
})

test('one that is lost can be ended where it runs under a supervisor, beside logic', () => {
  const logic = { ...service, id: 'logic-1', name: 'logic' }
  const lost: ServiceRow = { ...service, state: 'lost' }
  expect(canForce(lost, [logic, lost])).toBe(true)
  expect(canForce({ ...lost, host: 'elsewhere' }, [logic, lost])).toBe(false)
  expect(canForce({ ...lost, isSupervised: false }, [logic, lost])).toBe(false)
  expect(canForce(lost, [lost])).toBe(false)
})

test('a queue that takes or sends nothing more needs somebody, wherever its agent is shown', () => {
  const agent = { ...service, name: 'agent', instanceName: 'north', queueTrouble: 'full: nothing more is taken' }
  expect(serviceConcerns(service)).toEqual([])
  expect(serviceConcerns(agent)).toMatchObject([
    { look: { tone: 'warning' }, words: 'The queue of agent “north”: full: nothing more is taken' },
  ])
})
