import { DropEverything, KeepEverything } from '../../shared/actions.ts'
import { sampleOf } from '../../shared/everything.ts'
import { Echo } from '../../shared/rpcs.ts'
import { services } from '../../shared/services.ts'
import { askEach } from './ask-each.ts'
import { type Check, eventuallyEqual, expectEqual } from './check.ts'
import { screenCheck } from './screen-check.ts'

const screenSees = [
  ...services.map((service) => `to ${service} and back: equal`),
  'kept: accepted',
  'through the log and a read model: equal',
  'noop.OnlyForWorkers: forbidden',
  'noop.NobodyListens: not-found',
  'bad input: bad-input',
  'thrown: internal',
]

export const tupleChecks: readonly Check[] = [
  {
    name: 'tuple.calls',
    deadlineMs: 10_000,
    run: async ({ rpc, newId, signal }) => {
      const sample = sampleOf(newId())
      for (const service of services)
        for (const { who, output } of await askEach(service, rpc.callAll(Echo[service], sample, { signal })))
          expectEqual(`to ${who} and back`, { ...sample, heardOn: service }, output)
    },
  },
  {
    name: 'tuple.log',
    deadlineMs: 10_000,
    run: async ({ push, everything, newId, signal }) => {
      const sample = sampleOf(newId())
      expectEqual('keeping it', 'accepted', (await push(KeepEverything, sample)).outcome)
      await eventuallyEqual('the row', sample, { look: () => everything(sample.id), signal })
      expectEqual('dropping it', 'accepted', (await push(DropEverything, { id: sample.id })).outcome)
      await eventuallyEqual('the row, when it was dropped', undefined, { look: () => everything(sample.id), signal })
    },
  },
  screenCheck({ name: 'tuple.field-screen', service: 'field', script: 'call', sees: screenSees }),
  screenCheck({ name: 'tuple.office-screen', service: 'office', script: 'call', sees: screenSees }),
]
