/** Streams.Append: options, then one message an event; used by the official client for appends with credentials. */
import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js'
import type { Caller, Operation } from '../access/access.ts'
import { toStreamOperation } from '../access/stream-operation.ts'
import type { ProposedEvent } from '../streams/event-record.ts'
import { eventSize } from '../streams/log-request.ts'
import { decodeAppendPart, encodeAppendConflict, encodeAppended } from './append-messages.ts'
import { isGivenUp } from './given-up.ts'
import { admit, type ServiceContext } from './grpc-service.ts'
import { appendTooLarge, badRequest, streamDeleted, toRpcFailure } from './rpc-failure.ts'
import type { StreamOptions } from './shared-messages.ts'
import { eventOverheadBytes } from './unfinished-bytes.ts'

type Begun = { readonly options: StreamOptions; readonly writing: Operation; readonly caller: Promise<Caller> }

export function createAppendHandler({ eventLog, access, appendSizeBytesMax, unfinishedBytes }: ServiceContext) {
  return (call: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    const events: ProposedEvent[] = []
    let begun: Begun | undefined
    let sizeBytes = 0
    let heldBytes = 0
    let isAnswered = false
    const letGo = () => {
      unfinishedBytes.release(heldBytes)
      heldBytes = 0
    }
    const end = () => {
      isAnswered = true
      letGo()
    }
    const answer = (error: unknown, reply?: Buffer) => {
      if (isAnswered) return
      end()
      if (reply) callback(null, reply)
      else callback(toRpcFailure(error))
    }

    call.on('data', (bytes: Buffer) => {
      if (isAnswered) return
      try {
        const part = decodeAppendPart(bytes)
        if (part.kind === 'options') {
          if (begun) throw badRequest('An append gives its options once.')
          begun = begin(part.options)
        } else {
          if (!begun) throw badRequest("An append's first message is its options.")
          sizeBytes += eventSize(part.event)
          if (sizeBytes > appendSizeBytesMax) throw appendTooLarge(appendSizeBytesMax)
          const refusal = unfinishedBytes.hold(bytes.length + eventOverheadBytes)
          if (refusal) throw refusal
          heldBytes += bytes.length + eventOverheadBytes
          events.push(part.event)
        }
      } catch (error) {
        answer(error)
      }
    })
    call.on('error', (error) => answer(error))
    call.on('cancelled', end)
    if (isGivenUp(call)) end()
    call.on('end', () => {
      if (isAnswered) return
      if (!begun) return answer(badRequest('The append names no stream.'))
      submit(begun).catch(answer)
    })

    /** Who may not write here is told at once: their events are not kept. */
    const begin = (options: StreamOptions): Begun => {
      const writing = toStreamOperation('write', options.streamName)
      const caller = Promise.resolve(admit(access, call, writing))
      caller.catch(answer)
      return { options, writing, caller }
    }

    const submit = async ({ options: { streamName, expected }, writing, caller }: Begun) => {
      // The events may have been long in coming.
      access.check(await caller, writing)
      // From here on the log counts them.
      letGo()
      eventLog.submit({ kind: 'append', streamName, expected, events }, (outcome) => {
        switch (outcome.kind) {
          case 'written':
            return answer(undefined, encodeAppended(outcome.revision, outcome.position))
          case 'conflict':
            return answer(undefined, encodeAppendConflict(expected, outcome.actualRevision))
          case 'tombstoned':
            return answer(streamDeleted(streamName))
          case 'failed':
            return answer(outcome.error)
        }
      })
    }
  }
}
