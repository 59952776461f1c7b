import { describe, expect, test } from 'bun:test'
import { askedOf, dependantsOf, pluginLooks, restartPluginWords, restartProgress } from './plugin-looks.ts'
import type { PartRow } from './service-looks.ts'

const part = (service: string, facts: Partial<PartRow> = {}): PartRow => ({
  id: `${service}-1/mail`,
  instance: `${service}-1`,
  service,
  plugin: 'mail',
  version: '1.0.0',
  state: 'running',
  words: '',
  since: 0,
  failureCount: 0,
  startCount: 1,
  left: [],
  ...facts,
})
const needs = (id: string, ...requires: string[]) => ({ id, title: id, version: '1', requires })
const all = new Set(['logic-1', 'field-1', 'agent-1'])

test('a plugin shows by the states of its parts, what needs somebody first', () => {
  const looks = pluginLooks([part('logic'), part('field'), part('agent', { state: 'failed' })])
  expect(looks.map(({ title }) => title)).toEqual(['Failed on 1 service', 'Runs on 2 services'])
})

test('whoever restarts one is told of all that need it, whatever lies between', () => {
  const plugins = [needs('top', 'middle'), needs('middle', 'base'), needs('base'), needs('other')]
  const dependants = dependantsOf('base', plugins)
  expect(dependants.map(({ id }) => id)).toEqual(['top', 'middle'])
  const words = restartPluginWords([part('logic'), part('field')], dependants)
  expect(words).toContain('Its parts on logic, field end and start again')
  expect(words).toContain('those that need it: top, middle.')
  expect(dependantsOf('top', plugins)).toEqual([])
})

describe('a restart', () => {
  const before = [part('logic'), part('field', { startCount: 4 })]
  const asked = askedOf('mail', before)

  test('is over when each part that ran was started anew', () => {
    expect(restartProgress(asked, before, all)).toMatchObject({
      isOver: false,
      words: 'Started anew on 0 of 2 services.',
    })
    const half = [part('logic', { startCount: 2 }), part('field', { startCount: 4, state: 'stopping' })]
    expect(restartProgress(asked, half, all).words).toBe('Started anew on 1 of 2 services.')
    // While it is between two runs a service may report nothing of it.
    expect(restartProgress(asked, half.slice(0, 1), all)).toMatchObject({ isOver: false })
    const done = [part('logic', { startCount: 2 }), part('field', { startCount: 5 })]
    expect(restartProgress(asked, done, all)).toEqual({
      isOver: true,
      needsSomebody: false,
      words: 'Started anew on 2 services.',
    })
  })

  test('names the services where it does not run', () => {
    const stuck = [part('logic', { startCount: 2 }), part('field', { startCount: 4, state: 'stuck' })]
    expect(restartProgress(asked, stuck, all)).toEqual({
      isOver: true,
      needsSomebody: true,
      words: 'Started anew on 1 of 2 services. Not on field (does not end): it is tried again by itself.',
    })
  })

  test('waits for no service that is gone, and counts none that came', () => {
    const now = [part('logic', { startCount: 2 }), part('agent')]
    expect(restartProgress(asked, now, new Set(['logic-1', 'agent-1']))).toMatchObject({
      isOver: true,
      words: 'Started anew on 1 service.',
    })
  })
})
