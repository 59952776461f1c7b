import { expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { makeVortexClient } from '#vortex/client/make-vortex-client.ts'
import { makeConnectionSignals } from './connection-signals.ts'
import { createFakeService } from './testing/fake-service.ts'
import { settle } from './testing/settle.ts'

const id = '6f9619ff-8b86-4011-b42d-00cf4fc964ff'

test('what lay behind a server that is gone is not said of the next one', async () => {
  const [clock, service] = [createFakeClock(0), createFakeService()]
  const client = makeVortexClient({
    url: 'ws://fake',
    hello: { role: 'device', name: 'field', device: id, instance: id, build: 'b' },
    clock,
    random: () => 1,
    openSocket: service.openSocket,
  })
  const { connection, stop } = makeConnectionSignals(client, clock)
  await settle()
  service.say({ k: 'upstream', online: false, words: 'Logic is away.' })
  expect(connection.upstream()).toEqual({ online: false, words: 'Logic is away.' })
  // A service that reaches logic says nothing of it when it welcomes.
  service.drop()
  clock.advance(500)
  await settle()
  expect(connection.state()).toBe('online')
  expect(connection.upstream()).toEqual({ online: true, words: '' })
  stop()
  client.close()
})
