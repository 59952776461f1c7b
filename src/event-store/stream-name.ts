import { PlatformError } from '#kernel/platform-error.ts'

/**
 * Names of streams, made and read in one place.
 *
 *   <plugin>.<Category>-<id>             one entity               the plugin's own
 *   refusals-<plugin>.<Category>-<id>    its refused actions      the platform's, as all below
 *   changes-<plugin>.<projection>        a read model's changes
 *   jobs-<plugin>.<Job>-<jobId>          one job
 *   peek.<Name>, peek.<Name>-<id>        what the platform decided, and its own entities
 *
 * Plugin, category, projection and job are names without a dot; only an id may hold any visible character.
 */
export type StreamName =
  | { readonly kind: 'entity' | 'refusals'; readonly plugin: string; readonly category: string; readonly id: string }
  | { readonly kind: 'changes'; readonly plugin: string; readonly projection: string }
  | { readonly kind: 'job'; readonly plugin: string; readonly job: string; readonly id: string }
  | { readonly kind: 'platform'; readonly name: string; readonly id?: string }

export const entityIdLengthMax = 200
const pluginPattern = /^[a-z][a-z0-9-]{0,63}$/
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/
/** No dash in these: the first dash behind them begins the id. */
const categoryPattern = /^[A-Z][A-Za-z0-9]{0,99}$/
const platformPlugin = 'peek'
const platformPrefixes = ['changes-', 'refusals-', 'jobs-']

export function entityStream(plugin: string, category: string, id: string): string {
  check('plugin', plugin, isOwner(plugin))
  check('category', category, categoryPattern.test(category))
  return `${plugin}.${category}-${checkId(id)}`
}

/** The stream of refused actions of the entity whose stream is given. */
export function refusalsStream(stream: string): string {
  check('stream of an entity', stream, parseEntity(stream) !== undefined)
  return `refusals-${stream}`
}

export function changesStream(plugin: string, projection: string): string {
  return `changes-${toOwned(plugin, 'projection', projection)}`
}

/** `job` is the name of its definition, `<plugin>.<Job>`. */
export function jobStream(job: string, jobId: string): string {
  const [, plugin = '', name = ''] = /^([^.]*)\.(.*)$/s.exec(job) ?? []
  check('plugin', plugin, isOwner(plugin))
  check('job', name, categoryPattern.test(name))
  return `jobs-${plugin}.${name}-${checkId(jobId)}`
}

export function platformStream(name: string, id?: string): string {
  check('name of a platform stream', name, categoryPattern.test(name))
  return id === undefined ? `${platformPlugin}.${name}` : `${platformPlugin}.${name}-${checkId(id)}`
}

/** What a name says, or undefined when it is none of ours. */
export function parseStreamName(stream: string): StreamName | undefined {
  if (stream.startsWith('refusals-')) {
    const entity = parseEntity(stream.slice('refusals-'.length))
    return entity && { kind: 'refusals', ...entity }
  }
  if (stream.startsWith('changes-')) {
    const owned = parseOwned(stream.slice('changes-'.length))
    return owned && { kind: 'changes', plugin: owned.plugin, projection: owned.name }
  }
  if (stream.startsWith('jobs-')) {
    const [, plugin = '', job = '', id = ''] = /^([^.]+)\.([^-]+)-(.+)$/s.exec(stream.slice('jobs-'.length)) ?? []
    const isJob = isOwner(plugin) && categoryPattern.test(job) && isEntityId(id)
    return isJob ? { kind: 'job', plugin, job, id } : undefined
  }
  if (stream.startsWith(`${platformPlugin}.`)) return parsePlatform(stream.slice(platformPlugin.length + 1))
  const entity = parseEntity(stream)
  return entity && { kind: 'entity', ...entity }
}

/** A plugin appends to streams of its own entities only. Throws `forbidden` otherwise. */
export function assertOwnStream(plugin: string, stream: string): void {
  const name = parseStreamName(stream)
  if (name?.kind === 'entity' && name.plugin === plugin) return
  throw new PlatformError(
    'forbidden',
    `The plugin ${plugin} may not append to the stream ${JSON.stringify(stream)}. ` +
      `Append to a stream named ${plugin}.<Category>-<id>.`,
    { facts: { plugin, stream } },
  )
}

/** A plugin's id never looks like the platform's own prefixes. */
export function isPluginId(plugin: string): boolean {
  const isPlatform = plugin === platformPlugin || platformPrefixes.some((prefix) => `${plugin}-`.startsWith(prefix))
  return pluginPattern.test(plugin) && !isPlatform
}

/** Visible characters only: an id also stands in logs, paths and addresses. */
export function isEntityId(id: string): boolean {
  return id.length > 0 && id.length <= entityIdLengthMax && id.isWellFormed() && !/[\s\p{C}]/u.test(id)
}

function parseEntity(text: string) {
  const [, plugin = '', category = '', id = ''] = /^([^.]+)\.([^-]+)-(.+)$/s.exec(text) ?? []
  const isEntity = isOwner(plugin) && categoryPattern.test(category) && isEntityId(id)
  return isEntity ? { plugin, category, id } : undefined
}

/** The platform owns change streams of its own too. */
function parseOwned(text: string) {
  const [, plugin = '', name = ''] = /^([^.]+)\.(.+)$/s.exec(text) ?? []
  return isOwner(plugin) && namePattern.test(name) ? { plugin, name } : undefined
}

function parsePlatform(text: string): StreamName | undefined {
  const [, name = '', id] = /^([^-]+)(?:-(.+))?$/s.exec(text) ?? []
  if (!categoryPattern.test(name)) return undefined
  if (id === undefined) return { kind: 'platform', name }
  return isEntityId(id) ? { kind: 'platform', name, id } : undefined
}

function toOwned(plugin: string, what: string, name: string): string {
  check('plugin', plugin, isOwner(plugin))
  check(what, name, namePattern.test(name))
  return `${plugin}.${name}`
}

function isOwner(plugin: string): boolean {
  return plugin === platformPlugin || isPluginId(plugin)
}

function checkId(id: string): string {
  check('id', id, isEntityId(id))
  return id
}

function check(what: string, found: string, isGood: boolean): void {
  if (isGood) return
  throw new PlatformError(
    'bad-input',
    `A stream cannot be named with the ${what} ${JSON.stringify(found.slice(0, 300))}. ${rules[what] ?? rules.name}`,
    { facts: { what, found: found.slice(0, 300) } },
  )
}

const rules: Readonly<Record<string, string>> = {
  id: `Use 1 to ${entityIdLengthMax} visible characters without blanks.`,
  plugin:
    'Use lower-case letters, digits and dashes, and none of the platform’s names (peek, changes, refusals, jobs).',
  category: 'Use letters and digits, the first one upper-case.',
  job: 'Use letters and digits, the first one upper-case.',
  'stream of an entity': 'It looks like <plugin>.<Category>-<id>.',
  'name of a platform stream': 'Use letters and digits, the first one upper-case.',
  name: 'Use letters, digits, dashes and underscores, a letter first.',
}
