import { defineJob, integer, list, text, uuid } from '#plugin-api/shared'

/** Jobs that go well, and each way in which one does not. */

const once = { triesMax: 1 }
const priority = 'high'

export const Negate = defineJob('noop.Negate', {
  input: { number: integer() },
  output: { negated: integer() },
  priority,
})

/** Fails on its first try, and goes well on the second. */
export const FailOnce = defineJob('noop.FailOnce', {
  input: {},
  output: { tryNumber: integer() },
  retry: { triesMax: 2, delayMs: 50 },
  priority,
})

export const Fail = defineJob('noop.Fail', { input: {}, output: {}, retry: once, priority })

/** Never ends by itself, and hears nothing either. */
export const Hang = defineJob('noop.Hang', { input: {}, output: {}, timeoutMs: 700, retry: once, priority })

export const Crash = defineJob('noop.Crash', { input: {}, output: {}, retry: once, priority })

/** Its code calls the logic part, one call after the other and all that listen. */
export const Call = defineJob('noop.Call', {
  input: {},
  output: { one: text(), all: list(text()) },
  retry: once,
  priority,
})

/** Writes a row into the plugin's own schema, reads it, and takes it away. */
export const Note = defineJob('noop.Note', {
  input: { id: uuid(), words: text() },
  output: { schema: text(), words: text() },
  retry: once,
  priority,
})

/** Waits until it is cancelled. */
export const WaitToBeCancelled = defineJob('noop.WaitToBeCancelled', {
  input: {},
  output: {},
  timeoutMs: 60_000,
  retry: once,
  priority,
})

export const noopJobs = [Negate, FailOnce, Fail, Hang, Crash, Call, Note, WaitToBeCancelled]
