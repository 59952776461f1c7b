import { describe, expect, test } from 'bun:test'
import type { SupervisorEvent } from '#services/supervisor/supervisor-event.ts'
import { createUpConsole } from './up-console.ts'

function printed(events: readonly SupervisorEvent[], roles: Parameters<typeof createUpConsole>[0]['roles'] = []) {
  const lines: string[] = []
  const write = (line: string) => lines.push(line)
  const tell = createUpConsole({ home: '/srv/peek', recoveryUser: 'recovery', roles, isColoured: false, write })
  for (const event of events) tell(event)
  return lines.join('\n')
}

const ready = (service: 'logic' | 'field' | 'office' | 'postgres', port: number): SupervisorEvent => ({
  event: 'ready',
  service,
  url: `http://localhost:${port}`,
  pid: 1,
})

describe('the console of up', () => {
  test('shows the apps above what works behind them, then where the password is', () => {
    const events = [ready('postgres', 4), ready('logic', 3), ready('office', 2), ready('field', 1)]
    const text = printed([...events, { event: 'up', seconds: 1.54 }], ['logic', 'field', 'office'])
    const inOrder = [
      'up in 1.5 s',
      'Field app    http://localhost:1',
      'Office app   http://localhost:2',
      'Admin app    http://localhost:3',
      'PostgreSQL   http://localhost:4',
      'user "recovery", password in /srv/peek/logic/config.json',
      'Ctrl-C stops everything',
    ]
    const places = inOrder.map((words) => text.indexOf(words))
    expect(places).not.toContain(-1)
    expect(places).toEqual(places.toSorted((a, b) => a - b))
  })

  test('leaves out the apps and the sign-in where only stores run', () => {
    const text = printed([ready('postgres', 4), { event: 'up', seconds: 1 }])
    expect(text).toContain('PostgreSQL')
    expect(text).not.toContain('app')
    expect(text).not.toContain('password')
  })

  test('tells of a part that went down its error, and that it came back', () => {
    const words = 'at somewhere.ts:1\nTypeError: nothing is no function'
    const down: SupervisorEvent = { event: 'down', service: 'field', code: 1, restartInMs: 50, words }
    const text = printed([{ event: 'up', seconds: 1 }, down, ready('field', 1)])
    expect(text).toContain('down  Field app: TypeError: nothing is no function; starts again in 50 ms')
    expect(text).toContain('back  Field app http://localhost:1')
  })
})
