import { createActionRegistry } from '#action/action-registry.ts'
import { createUpcasters } from '#event-store/upcast.ts'
import { nearestName } from '#kernel/nearest.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { LogicPart } from '#plugin-api/define-plugin.ts'
import { projectionId } from '#projection/define-projection.ts'
import { reactorId } from '#reactor/define-reactor.ts'

/**
 * Finds in a plugin's definitions what would stop the engine, before the engine sees them: one plugin's mistake must not
 * keep the others from running. Throws `bad-definition`.
 */
export function checkLogicPart(plugin: string, part: LogicPart): void {
  const registry = createActionRegistry()
  for (const decider of part.deciders) registry.register(plugin, decider)
  const upcasters = createUpcasters()
  for (const schema of part.eventSchemas) {
    checkOwn(plugin, `event schema "${schema.type}"`, schema.type.startsWith(`${plugin}.`))
    upcasters.add(schema)
  }
  for (const projection of part.projections)
    checkOwn(plugin, `projection "${projectionId(projection)}"`, projection.plugin === plugin)
  checkDistinct(plugin, 'projections', part.projections.map(projectionId))
  for (const reactor of part.reactors) checkOwn(plugin, `reactor "${reactorId(reactor)}"`, reactor.plugin === plugin)
  checkDistinct(plugin, 'reactors', part.reactors.map(reactorId))
  checkDistinct(
    plugin,
    'observables',
    part.observables.map((observable) => observable.name),
  )
  checkObservables(plugin, part)
  checkSeeds(plugin, part, registry.names())
}

function checkObservables(plugin: string, { observables, projections }: LogicPart): void {
  const feeds = projections.map(projectionId)
  for (const { name, feed } of observables) {
    checkOwn(plugin, `observable "${name}"`, name.startsWith(`${plugin}.`))
    if (!feeds.includes(feed))
      throw bad(`Observable "${name}" shows a table of "${feed}": list that projection in the logic part`)
  }
}

function checkSeeds(plugin: string, { seed }: LogicPart, actions: readonly string[]): void {
  for (const { name } of seed) {
    if (actions.includes(name)) continue
    const near = nearestName(name, actions)
    const hint = near ? `; did you mean "${near}"?` : ''
    throw bad(`A first row of "${plugin}" uses action "${name}", which none of its deciders decides${hint}`)
  }
}

function checkOwn(plugin: string, what: string, isOwn: boolean): void {
  if (!isOwn) throw bad(`Plugin "${plugin}" defines the ${what}: its names start with "${plugin}."`)
}

function checkDistinct(plugin: string, what: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw bad(`Plugin "${plugin}" has two ${what} named "${twice}": keep one`)
}

function bad(words: string): PlatformError {
  return new PlatformError('bad-definition', words.endsWith('?') ? words : `${words}.`)
}
