import { DropEverything, KeepEverything } from '../../shared/actions.ts'
import { Everything, sampleOf } from '../../shared/everything.ts'
import { Echo, NobodyListens, OnlyForWorkers, Throw } from '../../shared/rpcs.ts'
import { services } from '../../shared/services.ts'
import { compare } from '../compare.ts'
import type { Script } from './script.ts'

/** A tuple there and back through every service, and into the log and the read model; calls that must fail. */
export const callScript: Script = async ({ counterId, open, see }) => {
  const screen = await open()
  const sample = sampleOf(counterId)
  for (const service of services) {
    const { error, body } = await screen.ask(Echo[service].name, service, sample)
    see(`to ${service} and back`, error || compare({ ...sample, heardOn: service }, JSON.parse(body)))
  }
  const pushed = await screen.push(KeepEverything, sample)
  see('kept', String(pushed.outcome))
  const watching = screen.observe(Everything.name, { id: counterId })
  await watching.until('the row', (rows) => rows.has(counterId))
  see('through the log and a read model', compare(sample, watching.rows().get(counterId)))
  await screen.push(DropEverything, { id: counterId })

  for (const { name } of [OnlyForWorkers, NobodyListens]) see(name, (await screen.ask(name, 'agent', {})).error)
  see('bad input', (await screen.ask(Echo.agent.name, 'agent', { ...sample, whole: 1.5 })).error)
  see('thrown', (await screen.ask(Throw.name, 'agent', { words: 'as asked' })).error)
}
