import { sampleOf } from '../../shared/everything.ts'
import { AskMarks, AskWait, Carry, Echo, Mark, NobodyListens, OnlyForWorkers, Throw, Wait } from '../../shared/rpcs.ts'
import { askEach } from './ask-each.ts'
import { type Check, type CheckedPlatform, eventuallyEqual, expectEqual, Mismatch } from './check.ts'
import { expectFailure } from './rpc-checks.ts'

const pieceCount = 32
const pieceSize = 32 * 1024
const marksCount = 10
const longWaitMs = 30_000
/** At once means: long before the deadline of the call. */
const atOnceMsMax = 2_000

/** What becomes of calls that are large, late, given up, in order, or wrong. */
export const rpcTrials: readonly Check[] = [
  {
    name: 'rpc.large',
    deadlineMs: 30_000,
    run: async ({ rpc, signal }) => {
      const pieces = Array.from({ length: pieceCount }, (_, n) => String.fromCharCode(97 + (n % 26)).repeat(pieceSize))
      const { pieces: back } = await rpc.call(Carry, { pieces }, { signal })
      expectEqual('the number of pieces', pieces.length, back.length)
      const wrong = pieces.findIndex((piece, index) => piece !== back[index])
      if (wrong >= 0) throw new Mismatch(`piece ${wrong} came back changed, with ${back[wrong]?.length} characters`)
    },
  },
  {
    name: 'rpc.late',
    deadlineMs: 10_000,
    run: async (platform) => {
      const token = platform.newId()
      const call = platform.rpc.call(Wait, { token, ms: longWaitMs }, { timeoutMs: 300, signal: platform.signal })
      await expectFailure('a call with 300 ms', 'timeout', call)
      await isGivenUp(platform, token)
    },
  },
  {
    name: 'rpc.cancelled',
    deadlineMs: 10_000,
    run: async (platform) => {
      const { rpc, newId, signal } = platform
      const token = newId()
      const giveUp = new AbortController()
      const call = rpc.call(Wait, { token, ms: longWaitMs }, { signal: AbortSignal.any([signal, giveUp.signal]) })
      const failure = expectFailure('a call that was given up', 'cancelled', call)
      const look = () => askWait(platform, token)
      // Whatever becomes of the call itself is told by `failure`.
      await Promise.race([eventuallyEqual('the call, before', 'waiting', { look, signal }), failure])
      giveUp.abort()
      await failure
      await isGivenUp(platform, token)
    },
  },
  {
    name: 'rpc.ordered',
    deadlineMs: 10_000,
    run: async ({ rpc, newId, signal }) => {
      const token = newId()
      const wanted = Array.from({ length: marksCount }, (_, number) => number)
      await Promise.all(wanted.map((number) => rpc.call(Mark, { token, number }, { signal })))
      // One agent has worked on all of them; where there are several, the others know nothing of it.
      const asked = await askEach('agent', rpc.callAll(AskMarks, { token }, { signal }))
      const marked = asked.map(({ output }) => output.numbers).filter(({ length }) => length > 0)
      expectEqual('the order, on the agents that have worked on them', [wanted], marked)
    },
  },
  {
    name: 'rpc.thrown',
    deadlineMs: 10_000,
    run: async ({ rpc, newId, signal }) => {
      const words = `thrown as asked, ${newId()}`
      const heard = await expectFailure('a handler that throws', 'failed', rpc.call(Throw, { words }, { signal }))
      if (!heard.includes(words)) throw new Mismatch(`the words of the failure: wanted "${words}", found "${heard}"`)
    },
  },
  {
    name: 'rpc.bad-input',
    deadlineMs: 10_000,
    run: async ({ rpc, newId, signal }) => {
      const half = { ...sampleOf(newId()), whole: 1.5 }
      const heard = await expectFailure('half a number', 'bad-input', rpc.call(Echo.agent, half, { signal }))
      if (!/whole/i.test(heard))
        throw new Mismatch(`the words of the failure: wanted the field "whole", found "${heard}"`)
    },
  },
  {
    name: 'rpc.wrong-caller',
    deadlineMs: 10_000,
    run: async ({ rpc, signal }) => {
      await expectFailure('a call for workers only', 'wrong-caller', rpc.call(OnlyForWorkers, {}, { signal }))
    },
  },
  {
    name: 'rpc.unknown-callee',
    deadlineMs: 10_000,
    run: async ({ rpc, signal }) => {
      const beganAt = performance.now()
      await expectFailure('a call nobody listens to', 'unknown-callee', rpc.call(NobodyListens, {}, { signal }))
      const tookMs = Math.round(performance.now() - beganAt)
      if (tookMs > atOnceMsMax) throw new Mismatch(`it failed after ${tookMs} ms: wanted at once`)
    },
  },
]

function isGivenUp(platform: CheckedPlatform, token: string): Promise<void> {
  const look = () => askWait(platform, token)
  return eventuallyEqual('what the far side knows of it', 'given-up', { look, signal: platform.signal })
}

/** Of several agents one was called. */
async function askWait({ rpc, signal }: CheckedPlatform, token: string): Promise<string> {
  const states = await askEach('agent', rpc.callAll(AskWait, { token }, { signal }))
  return states.find(({ output }) => output.state !== 'unknown')?.output.state ?? 'unknown'
}
