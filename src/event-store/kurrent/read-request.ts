import type { Filter, ReadPosition } from '@kurrent/kurrentdb-client'
import { encodeField } from './wire-message.ts'

/** A page of the whole log, as the official client would be asked for it. */
export type DirectPage = {
  readonly from: ReadPosition
  readonly direction: 'forwards' | 'backwards'
  readonly countMax: number
  readonly filter: Filter | undefined
}

/** As the call takes it, behind its prefix: ReadReq{ 1 options{ 2 all, 3 direction, 5 count, 7 filter | 8 none, 9 id as 2 text } } */
export function encodeReadRequest({ from, direction, countMax, filter }: DirectPage): Buffer {
  const options = [
    encodeField(2, encodeStart(from)),
    encodeField(3, direction === 'backwards' ? 1 : 0),
    encodeField(5, countMax),
    filter ? encodeField(7, encodeFilter(filter)) : encodeField(8, ''),
    encodeField(9, encodeField(2, '')),
  ]
  const message = encodeField(1, Buffer.concat(options))
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

function encodeStart(from: DirectPage['from']): Buffer {
  if (from === 'start') return encodeField(2, '')
  if (from === 'end') return encodeField(3, '')
  const place = [encodeField(1, Number(from.commit)), encodeField(2, Number(from.prepare))]
  return encodeField(1, Buffer.concat(place))
}

/** A search window of 32 events, the server's least. */
function encodeFilter(filter: Filter): Buffer {
  const words = 'prefixes' in filter ? filter.prefixes.map((prefix) => encodeField(2, prefix)) : []
  const expression = 'regex' in filter ? [encodeField(1, filter.regex)] : words
  const place = filter.filterOn === 'streamName' ? 1 : 2
  return Buffer.concat([
    encodeField(place, Buffer.concat(expression)),
    encodeField(3, searchWindow),
    encodeField(5, filter.checkpointInterval ?? 1),
  ])
}

const searchWindow = 32
