/**
 * The requests about groups, except Read. Streams are named in two ways: by the options of today, and by the deprecated
 * fields that the official Node clients still send; the same goes for starts and consumer strategies.
 */
import { parseStrategy } from '../persistent-subscriptions/group-config.ts'
import {
  allStream,
  type ConsumerStrategy,
  defaultGroupSettings,
  type GroupKey,
  type GroupSettings,
  type StartFrom,
} from '../persistent-subscriptions/group-settings.ts'
import type { ProtoReader } from '../protobuf/proto-reader.ts'
import type { EventFilterDefinition } from '../streams/event-filter.ts'
import { decodeFilter } from './read-messages.ts'
import { badRequest } from './rpc-failure.ts'
import { decodeStreamIdentifier, unwrapOptions } from './shared-messages.ts'

export type GroupRequest = { readonly key: GroupKey; readonly settings: GroupSettings }

type StreamOption = { streamName: string; startFrom?: StartFrom; filter?: EventFilterDefinition | undefined }

/** CreateReq and UpdateReq; an update has no filter to give. */
export function decodeGroupRequest(bytes: Buffer): GroupRequest {
  const reader = unwrapOptions(bytes)
  let deprecatedName: string | undefined
  let option: StreamOption | undefined
  let groupName = ''
  let settings: DecodedSettings | undefined
  while (reader.next()) {
    if (reader.field === 1) deprecatedName = decodeStreamIdentifier(reader.message())
    else if (reader.field === 2) groupName = reader.text()
    else if (reader.field === 3) settings = decodeSettings(reader.message())
    else if (reader.field === 4) option = decodeStreamOption(reader.message())
    else if (reader.field === 5) option = decodeAllOption(reader.message())
    else reader.skip()
  }
  if (!settings) throw badRequest('The request has no settings for the group.')
  const { deprecatedStart, ...given } = settings
  const key = toKey(option?.streamName ?? deprecatedName ?? '', groupName)
  const startFrom = option?.startFrom ?? deprecatedStart
  return { key, settings: { ...given, startFrom, filter: option?.filter } }
}

function decodeStreamOption(reader: ProtoReader): StreamOption {
  const option: StreamOption = { streamName: '' }
  while (reader.next()) {
    if (reader.field === 1) option.streamName = decodeStreamIdentifier(reader.message())
    else if (reader.field === 2) option.startFrom = toStart(reader.uint())
    else decodeEdge(reader, option, { start: 3, end: 4 })
  }
  return option
}

function decodeAllOption(reader: ProtoReader): StreamOption {
  const option: StreamOption = { streamName: allStream, startFrom: 'start' }
  while (reader.next()) {
    if (reader.field === 1) option.startFrom = toStart(decodeCommitPosition(reader.message()))
    else if (reader.field === 4) option.filter = decodeFilter(reader.message()).definition
    else decodeEdge(reader, option, { start: 2, end: 3 })
  }
  return option
}

function decodeEdge(reader: ProtoReader, option: StreamOption, fields: { start: number; end: number }): void {
  reader.skip()
  if (reader.field === fields.start) option.startFrom = 'start'
  else if (reader.field === fields.end) option.startFrom = 'end'
}

/** The largest number there is stands for the end. */
function toStart(value: number): StartFrom {
  if (value === 0) return 'start'
  return value >= Number.MAX_SAFE_INTEGER ? 'end' : value
}

function decodeCommitPosition(reader: ProtoReader): number {
  let position = 0
  while (reader.next()) {
    if (reader.field === 1) position = reader.uint()
    else reader.skip()
  }
  return position
}

type Writable<T> = { -readonly [key in keyof T]: T[key] }
type DecodedSettings = Omit<GroupSettings, 'startFrom' | 'filter'> & { readonly deprecatedStart: StartFrom }

const ticksPerMs = 10_000

function decodeSettings(reader: ProtoReader): DecodedSettings {
  const { startFrom: _start, filter: _filter, ...defaults } = defaultGroupSettings
  // Numbers that are zero are not sent.
  const settings: Writable<DecodedSettings> = {
    ...defaults,
    deprecatedStart: 'start',
    messageTimeoutMs: 0,
    maxRetryCount: 0,
    checkpointAfterMs: 0,
    checkpointCountMin: 0,
    checkpointCountMax: 0,
    liveBufferSize: 0,
    readBatchSize: 0,
    historyBufferSize: 0,
    strategy: 'DispatchToSingle',
  }
  let namedStrategy = ''
  while (reader.next()) {
    if (reader.field === 16) namedStrategy = reader.text()
    else decodeSetting(reader, settings)
  }
  if (namedStrategy !== '') settings.strategy = toStrategy(namedStrategy)
  return settings
}

const strategyNumbers: readonly ConsumerStrategy[] = ['DispatchToSingle', 'RoundRobin', 'Pinned']

function decodeSetting(reader: ProtoReader, settings: Writable<DecodedSettings>): void {
  switch (reader.field) {
    case 1:
      settings.resolveLinks = reader.bool()
      return
    case 2:
      settings.deprecatedStart = toStart(reader.uint())
      return
    case 3:
      settings.extraStatistics = reader.bool()
      return
    case 4:
      settings.messageTimeoutMs = Math.floor(signed(reader) / ticksPerMs)
      return
    case 5:
      settings.maxRetryCount = signed(reader)
      return
    case 6:
      settings.checkpointAfterMs = Math.floor(signed(reader) / ticksPerMs)
      return
    case 7:
      settings.checkpointCountMin = signed(reader)
      return
    case 8:
      settings.checkpointCountMax = signed(reader)
      return
    case 9:
      settings.subscriberCountMax = signed(reader)
      return
    case 10:
      settings.liveBufferSize = signed(reader)
      return
    case 11:
      settings.readBatchSize = signed(reader)
      return
    case 12:
      settings.historyBufferSize = signed(reader)
      return
    case 13:
      settings.strategy = strategyNumbers[reader.uint()] ?? settings.strategy
      return
    case 14:
      settings.messageTimeoutMs = signed(reader)
      return
    case 15:
      settings.checkpointAfterMs = signed(reader)
      return
    default:
      reader.skip()
  }
}

function toStrategy(name: string): ConsumerStrategy {
  const strategy = parseStrategy(name)
  if (!strategy)
    throw badRequest(
      `There is no consumer strategy "${name}". Choose RoundRobin, DispatchToSingle, Pinned or PinnedByCorrelation.`,
    )
  return strategy
}

/** Numbers that may be negative come as 64 bits in two's complement. */
function signed(reader: ProtoReader): number {
  return Number(BigInt.asIntN(64, reader.uint64()))
}

type KeyFields = { readonly stream: number; readonly all: number; readonly group: number }

/** DeleteReq, GetInfoReq and the beginning of ReplayParkedReq: the same options under other numbers. */
function decodeKey(reader: ProtoReader, fields: KeyFields, decodeOther?: (reader: ProtoReader) => void): GroupKey {
  let streamName = ''
  let groupName = ''
  while (reader.next()) {
    if (reader.field === fields.stream) streamName = decodeStreamIdentifier(reader.message())
    else if (reader.field === fields.group) groupName = reader.text()
    else if (reader.field === fields.all) {
      reader.skip()
      streamName = allStream
    } else if (decodeOther) decodeOther(reader)
    else reader.skip()
  }
  return toKey(streamName, groupName)
}

export function decodeDeleteGroup(bytes: Buffer): GroupKey {
  return decodeKey(unwrapOptions(bytes), { stream: 1, all: 3, group: 2 })
}

export function decodeGetInfo(bytes: Buffer): GroupKey {
  return decodeKey(unwrapOptions(bytes), { stream: 1, all: 2, group: 3 })
}

export function decodeReplayParked(bytes: Buffer): { key: GroupKey; countMax: number | undefined } {
  let countMax: number | undefined
  const key = decodeKey(unwrapOptions(bytes), { stream: 2, all: 3, group: 1 }, (reader) => {
    if (reader.field === 4) countMax = signed(reader)
    else reader.skip()
  })
  if (countMax !== undefined && countMax < 0)
    throw badRequest(`The replay stops at ${countMax}. Give a number of messages from 0 on, or no limit.`)
  return { key, countMax }
}

/** The stream whose groups are wanted; undefined for all groups. */
export function decodeListGroups(bytes: Buffer): string | undefined {
  const reader = unwrapOptions(bytes)
  let streamName: string | undefined
  while (reader.next()) {
    if (reader.field === 2) streamName = decodeListedStream(reader.message())
    else reader.skip()
  }
  return streamName
}

function decodeListedStream(reader: ProtoReader): string {
  let streamName = ''
  while (reader.next()) {
    if (reader.field === 1) streamName = decodeStreamIdentifier(reader.message())
    else {
      reader.skip()
      if (reader.field === 2) streamName = allStream
    }
  }
  return streamName
}

const groupNameLengthMax = 1_024

export function toKey(streamName: string, groupName: string): GroupKey {
  if (streamName === '') throw badRequest('The stream of the persistent subscription is not named.')
  if (groupName === '') throw badRequest('The group of the persistent subscription is not named.')
  if (groupName.length > groupNameLengthMax)
    throw badRequest(`A group name has ${groupName.length} characters; at most ${groupNameLengthMax} are allowed.`)
  return { streamName, groupName }
}
