import { expect, test } from 'bun:test'
import { createSeededRandom, pickOne } from '#kernel/random.ts'
import { defineRpc } from '#rpc/define-rpc.ts'
import { answerRpc } from '#rpc/rpc.ts'
import { RpcFailure, rpcFailureKinds } from '#rpc/rpc-failure.ts'
import { eventually } from '#support/eventually.ts'
import { startRpcStar } from '#support/rpc-star.ts'
import { integer, text } from '#vortex/protocol/fields.ts'

/** Calls while connections break, callers change their minds and handlers fail, at random. */

const callCount = Number(Bun.env.PEEK_CALL_COUNT ?? 400)
const seed = 20_261_121

const fields = {
  acceptsFrom: ['logic', 'agent', 'worker'] as const,
  input: { n: integer(), ballast: text({ lengthMax: 700_000 }) },
  output: { n: integer(), ballast: text({ lengthMax: 700_000 }) },
  timeoutMs: 1_000,
}
const Loose = defineRpc('star.Loose', { ...fields, listensOn: 'agent' })
const InTurn = defineRpc('star.InTurn', { ...fields, listensOn: 'agent', ordered: true })
const OnLogic = defineRpc('star.OnLogic', { ...fields, listensOn: 'logic' })

test('V5 every call ends once, in one of the ways of the closed list, whatever breaks under it, and leaves nothing behind', async () => {
  const random = createSeededRandom(seed)
  const star = startRpcStar({ isSilent: true })
  const agents = [await star.dial('agent', { name: 'a' }), await star.dial('agent', { name: 'b' })]
  const worker = await star.dial('worker')
  const handle = async ({ n, ballast }: { n: number; ballast: string }, { signal }: { signal: AbortSignal }) => {
    const what = random()
    if (what < 0.05) throw new Error('at random')
    if (what < 0.1) await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    for (let turn = 0; turn < what * 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    return { n, ballast }
  }
  star.logic.listen(answerRpc(OnLogic, handle))
  star.logic.desk.setStarting(false)
  for (const agent of agents) {
    agent.listen(answerRpc(Loose, handle), answerRpc(InTurn, handle))
    await agent.settle()
  }

  const callers = [star.logic, worker, ...agents]
  const outcomes: string[] = []
  const callOnce = async (n: number) => {
    const ballast = random() < 0.2 ? String(n % 10).repeat(Math.floor(random() * 600_000)) : ''
    const cancelling = new AbortController()
    if (random() < 0.1) setImmediate(() => cancelling.abort())
    const rpc = pickOne(random, [Loose, InTurn, OnLogic])
    try {
      const output = await pickOne(random, callers).call.call(rpc, { n, ballast }, { signal: cancelling.signal })
      if (output.n !== n || output.ballast !== ballast) outcomes.push('another answer')
      else outcomes.push('answered')
    } catch (failure) {
      outcomes.push(failure instanceof RpcFailure ? failure.kind : String(failure))
    }
  }
  const under: Promise<void>[] = []
  for (let n = 0; n < callCount; n++) {
    under.push(callOnce(n))
    if (random() < 0.05) pickOne(random, [worker, ...agents]).link.retryNow()
    if (random() < 0.3) await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(under)

  const ways = ['answered', ...Object.keys(rpcFailureKinds)]
  expect(outcomes, `seed ${seed}`).toHaveLength(callCount)
  expect(
    [...new Set(outcomes)].filter((outcome) => !ways.includes(outcome)),
    `seed ${seed}`,
  ).toEqual([])
  expect(outcomes.filter((outcome) => outcome === 'answered').length, `seed ${seed}`).toBeGreaterThan(0)
  await eventually('nothing is in flight', () => {
    const rows = [...star.logic.rpc.figures(), ...worker.rpc.figures(), ...agents.flatMap(({ rpc }) => rpc.figures())]
    return rows.every(({ inFlight }) => inFlight === 0) && star.stats().requestsInFlight === 0
  })
  await star.stop()
}, 120_000)
