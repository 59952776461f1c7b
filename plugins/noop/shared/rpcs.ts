import { boolean, defineRpc, integer, list, oneOf, text, uuid } from '#plugin-api/shared'
import { Everything } from './everything.ts'
import { onEach, type Service, services } from './services.ts'

/** The calls of the checks: what every part answers first, then what only one does. */

const apps = ['field-app', 'office-app', 'admin-app'] as const
const anybody = [...services, ...apps]
const timeoutMs = 5_000

export const Ping = onEach((listensOn, suffix) =>
  defineRpc(`noop.Ping${suffix}`, { listensOn, acceptsFrom: anybody, input: {}, output: { words: text() }, timeoutMs }),
)

export const Echo = onEach((listensOn, suffix) =>
  defineRpc(`noop.Echo${suffix}`, {
    listensOn,
    acceptsFrom: anybody,
    input: Everything.fields,
    output: { ...Everything.fields, heardOn: text() },
    timeoutMs,
  }),
)

/** Asks one service to ask another, so that a call starts anywhere. */
export const Relay = onEach((listensOn, suffix) =>
  defineRpc(`noop.Relay${suffix}`, {
    listensOn,
    acceptsFrom: ['logic', ...apps],
    input: { to: oneOf(services), ...Everything.fields },
    output: { ...Everything.fields, heardOn: text() },
    timeoutMs,
  }),
)

/** Writes a file in the plugin's folder on that service, reads it again and takes it away. */
export const KeepFile = onEach((listensOn, suffix) =>
  defineRpc(`noop.KeepFile${suffix}`, {
    listensOn,
    acceptsFrom: ['logic', ...apps],
    input: { name: uuid(), words: text() },
    output: { found: text(), isGone: boolean() },
    timeoutMs,
  }),
)

/** The plugin's settings as that service sees them. */
export const AskSettings = onEach((listensOn, suffix) =>
  defineRpc(`noop.AskSettings${suffix}`, {
    listensOn,
    acceptsFrom: ['logic', ...apps],
    input: {},
    output: { mark: text(), changeCount: integer() },
    timeoutMs,
  }),
)

/** What that service saw of the part that ran there before this one; nothing where this is the first of its process. */
export const AskUnload = onEach((listensOn, suffix) =>
  defineRpc(`noop.AskUnload${suffix}`, {
    listensOn,
    acceptsFrom: ['logic', ...apps],
    input: {},
    output: { seen: list(text()) },
    timeoutMs,
  }),
)

/** Asks that service to fetch the plugin's own route from its own site, over HTTP like anybody. */
export const FetchRoute = onEach((listensOn, suffix) =>
  defineRpc(`noop.FetchRoute${suffix}`, {
    listensOn,
    acceptsFrom: ['logic', ...apps],
    input: { token: uuid() },
    output: { status: integer(), body: text() },
    timeoutMs,
  }),
)

export const scripts = ['watch', 'push', 'call'] as const

/** A device of its own connects to that gateway, as a screen would, and follows a script; a line for each thing seen. */
const screenOf = (listensOn: Service, suffix: string) =>
  defineRpc(`noop.UseScreen${suffix}`, {
    listensOn,
    acceptsFrom: ['logic'],
    input: { script: oneOf(scripts), counterId: uuid() },
    output: { seen: list(text()) },
    timeoutMs: 20_000,
  })
export const UseScreen = { field: screenOf('field', 'OnField'), office: screenOf('office', 'OnOffice') } as const

const onAgent = { listensOn: 'agent', acceptsFrom: ['logic', ...apps], timeoutMs } as const

export const Carry = defineRpc('noop.Carry', {
  ...onAgent,
  input: { pieces: list(text()) },
  output: { pieces: list(text()) },
  timeoutMs: 30_000,
})

/** Answers after so long, or never when nobody waits any more. */
export const Wait = defineRpc('noop.Wait', {
  ...onAgent,
  input: { token: uuid(), ms: integer({ min: 0, max: 60_000 }) },
  output: { waitedMs: integer() },
})
export const waitStates = ['unknown', 'waiting', 'done', 'given-up'] as const
export const AskWait = defineRpc('noop.AskWait', {
  ...onAgent,
  input: { token: uuid() },
  output: { state: oneOf(waitStates) },
})

export const Throw = defineRpc('noop.Throw', { ...onAgent, input: { words: text() }, output: {} })

/** One after the other, in the order they were made. */
export const Mark = defineRpc('noop.Mark', {
  ...onAgent,
  input: { token: uuid(), number: integer() },
  output: {},
  ordered: true,
})
export const AskMarks = defineRpc('noop.AskMarks', {
  ...onAgent,
  input: { token: uuid() },
  output: { numbers: list(integer()) },
})

/** Puts actions into the queue of that agent: one each number, the last of them twice under the same id. */
export const PutIntoQueue = defineRpc('noop.PutIntoQueue', {
  ...onAgent,
  input: { counterId: uuid(), numbers: list(integer()) },
  output: { putCount: integer() },
})

/** The agent asks its own REST site, as a program outside would, with that key if there is one; a line for each thing seen. */
export const UseRest = defineRpc('noop.UseRest', {
  ...onAgent,
  input: { key: text(), ...Everything.fields },
  output: { seen: list(text()) },
  timeoutMs: 20_000,
})

export const OnlyForWorkers = defineRpc('noop.OnlyForWorkers', {
  ...onAgent,
  acceptsFrom: ['worker'],
  input: {},
  output: {},
})

export const jobKinds = ['Negate', 'FailOnce', 'Fail', 'Hang', 'Crash', 'Call', 'Note', 'WaitToBeCancelled'] as const

/** Writes a row into the plugin's own schema, reads it, and takes it away. */
export const KeepNote = defineRpc('noop.KeepNote', {
  listensOn: 'logic',
  acceptsFrom: apps,
  input: { id: uuid(), words: text() },
  output: { schema: text(), words: text() },
})

/** Submits a job and waits for its end; one that waits to be cancelled is. */
export const RunJob = defineRpc('noop.RunJob', {
  listensOn: 'logic',
  acceptsFrom: apps,
  input: { job: oneOf(jobKinds) },
  output: { words: text() },
  timeoutMs: 60_000,
})

/** No part answers it. */
export const NobodyListens = defineRpc('noop.NobodyListens', { ...onAgent, input: {}, output: {} })

/**
 * For the admin page. Without names all checks run; `mark` is what the settings were set to just before, and `key` one for the
 * agent's REST site, made for this run.
 */
export const StartRun = defineRpc('noop.StartRun', {
  listensOn: 'logic',
  acceptsFrom: ['admin-app'],
  input: { checks: list(text()), mark: text(), key: text() },
  output: { runId: uuid(), isNew: boolean() },
  timeoutMs: 15_000,
})
