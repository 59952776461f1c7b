import { defineRpc } from '#rpc/define-rpc.ts'
import { answerRpc, type RpcHandler } from '#rpc/rpc.ts'
import { boolean, instant, integer, list, nullable, number, text } from '#vortex/protocol/fields.ts'
import type { RequestLog } from './request-log.ts'
import { record } from './rest-shape.ts'

export const requestPageCountMax = 200

/** Logic asks an agent for its log of requests: for an administrator, a page at a time, the newest first. */
export const FindRestRequests = defineRpc('peek.FindRestRequests', {
  listensOn: 'agent',
  acceptsFrom: ['logic'],
  input: {
    /** Older than this one. */
    before: nullable(number()),
    countMax: integer({ min: 1, max: requestPageCountMax }),
    plugin: nullable(text({ lengthMax: 200 })),
    keyId: nullable(text({ lengthMax: 200 })),
    failed: boolean(),
  },
  output: {
    requests: list(
      record({
        id: number(),
        at: instant(),
        plugin: text(),
        keyId: nullable(text()),
        keyName: nullable(text()),
        method: text(),
        path: text(),
        status: integer(),
        ms: number(),
        bytesIn: number(),
        bytesOut: number(),
        words: nullable(text()),
      }),
    ),
  },
  timeoutMs: 5_000,
})

export function answerFindRequests(log: Pick<RequestLog, 'find'>): RpcHandler {
  return answerRpc(FindRestRequests, ({ before, countMax, plugin, keyId, failed }) => ({
    requests: [
      ...log.find({
        countMax,
        failed,
        ...(before !== null && { before }),
        ...(plugin !== null && { plugin }),
        ...(keyId !== null && { keyId }),
      }),
    ],
  }))
}
