import { boolean, defineJob, defineRpc, integer, type JobDefinition, number, oneOf, text } from '#plugin-api/shared'

const retry = { triesMax: 2, delayMs: 50, delayMsMax: 200 }

/** Goes well: the negative of a number. */
export const Negate = defineJob('chores.Negate', { input: { number: integer() }, output: { negated: integer() } })
/** The same, each time in a process of its own. */
export const NegateAlone = defineJob('chores.NegateAlone', {
  input: { number: integer() },
  output: { negated: integer() },
  process: 'fresh',
})
/** Throws until so many tries were made. */
export const Fail = defineJob('chores.Fail', {
  input: { timesMin: integer() },
  output: { tryNumber: integer() },
  retry,
})
/** Keeps its process busy for ever, or waits for ever without hearing that it should end. */
export const Hang = defineJob('chores.Hang', { input: { isBusy: boolean() }, output: {}, timeoutMs: 300, retry })
/** Ends its process. */
export const Crash = defineJob('chores.Crash', { input: { code: integer() }, output: {}, retry })
/** Takes more and more memory, and never ends. */
export const Leak = defineJob('chores.Leak', { input: {}, output: {}, retry })
/** Writes so many lines: to its output, to its error output and to its log. */
export const Chatter = defineJob('chores.Chatter', { input: { lineCount: integer() }, output: {}, retry })
/** Takes its time and says how far it is; ends early when it is told to. */
export const Walk = defineJob('chores.Walk', {
  input: { steps: integer(), stepMs: integer() },
  output: { steps: integer() },
  retry,
})
/** Answers what its definition does not allow. */
export const Lie = defineJob('chores.Lie', { input: {}, output: { share: number() }, retry })
/** Leaves a program running behind it; it is named in the output. */
export const Litter = defineJob('chores.Litter', { input: {}, output: { pid: integer() }, process: 'fresh', retry })
/** Does something outside once, however often it is tried: a row in the plugin's own schema. */
export const Pay = defineJob('chores.Pay', {
  input: { to: text(), crashShare: number() },
  output: { to: text() },
  retry: { triesMax: 50, delayMs: 50, delayMsMax: 200 },
})
/** Says which variables the environment of its process has, divided by spaces. */
export const LookAround = defineJob('chores.LookAround', { input: {}, output: { names: text() }, retry })

/** Asks the logic part to negate a number, or everybody who listens; `late`: for longer than the job may run. */
export const Ask = defineJob('chores.Ask', {
  input: { number: integer(), how: oneOf(['one', 'all', 'late', 'alone']) },
  output: { negated: integer() },
  timeoutMs: 20_000,
  retry,
})
export const NegateForJob = defineRpc('chores.NegateForJob', {
  listensOn: 'logic',
  acceptsFrom: ['worker'],
  input: { number: integer() },
  output: { negated: integer() },
})
/** A job may not. */
export const NegateForAgent = defineRpc('chores.NegateForAgent', {
  listensOn: 'logic',
  acceptsFrom: ['agent'],
  input: {},
  output: {},
})

export const choreJobs: readonly JobDefinition[] = [
  Negate,
  NegateAlone,
  Fail,
  Hang,
  Crash,
  Leak,
  Chatter,
  Walk,
  Lie,
  Litter,
  Pay,
  LookAround,
  Ask,
]
