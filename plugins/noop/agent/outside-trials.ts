import { type AgentContext, answerRpc, type JsonObject, type RpcHandler } from '#plugin-api'
import { compare } from '../parts/compare.ts'
import { AddCount } from '../shared/actions.ts'
import { PutIntoQueue, UseRest } from '../shared/rpcs.ts'

const requestMsMax = 3_000
/** A certificate of this site names the machine as others call it. */
const ourOwn = { rejectUnauthorized: false }
/** A new key is known to agents within seconds. */
const keyTriesMax = 40
const tryAgainMs = 100
/** More than the key may ask in a minute. */
const requestsMax = 20

/** The way in from outside: actions by way of the agent's disk, and its REST site asked like by anybody. */
export function outsideTrials({ queue, site }: AgentContext): readonly RpcHandler[] {
  const post = async (key: string, values: JsonObject, signal: AbortSignal) => {
    const response = await fetch(`${site()}/p/noop/values`, {
      method: 'POST',
      tls: ourOwn,
      signal: AbortSignal.any([signal, AbortSignal.timeout(requestMsMax)]),
      headers: { 'content-type': 'application/json', ...(key !== '' && { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(values),
    })
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.text() }
  }

  return [
    answerRpc(PutIntoQueue, async ({ counterId, numbers }) => {
      const ids = numbers.map(() => crypto.randomUUID())
      const puts = numbers.map((by, index) => ({ by, id: ids[index] ?? '' }))
      for (const { by, id } of [...puts, ...puts.slice(-1)]) await queue.put(AddCount, { counterId, by }, { id })
      return { putCount: puts.length }
    }),
    answerRpc(UseRest, async ({ key, ...values }, { signal }) => {
      const seen: string[] = []
      seen.push(`without a key: ${(await post('', values, signal)).status}`)
      seen.push(`with a wrong key: ${(await post(`${key.slice(0, -4)}0000`, values, signal)).status}`)
      if (key === '') return { seen }
      let right = await post(key, values, signal)
      for (let tries = 1; right.status === 401 && tries < keyTriesMax; tries++) {
        await new Promise((resolve) => setTimeout(resolve, tryAgainMs))
        right = await post(key, values, signal)
      }
      seen.push(`with the key: ${right.status} ${compare(values, tryParse(right.body))}`)
      const half = await post(key, { ...values, whole: 1.5 }, signal)
      seen.push(`half a number: ${half.status}${half.body.includes('whole') ? ', the field is named' : ''}`)
      let many = half
      for (let count = 0; many.status !== 429 && count < requestsMax; count++) many = await post(key, values, signal)
      seen.push(`too many: ${many.status}${many.retryAfter === null ? '' : ', with Retry-After'}`)
      return { seen }
    }),
  ]
}

function tryParse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return body
  }
}
