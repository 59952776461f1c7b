/** The requests of the protocol, as far as a fuzzer must know them: which field holds what kind of value. */
export type Kind =
  | 'number'
  | 'truth'
  | 'text'
  | 'stream-name'
  | 'group-name'
  | 'regex'
  | 'bytes'
  | 'uuid-text'
  | 'map'
  | 'empty'
  | { readonly each: Kind | Schema }

export type Schema = { readonly [field: number]: Kind | Schema }

const uuid: Schema = { 1: { 1: 'number', 2: 'number' }, 2: 'uuid-text' }
const stream: Schema = { 3: 'stream-name' }
const position: Schema = { 1: 'number', 2: 'number' }
const expression: Schema = { 1: 'regex', 2: { each: 'text' } }
const filter: Schema = { 1: expression, 2: expression, 3: 'number', 4: 'empty', 5: 'number' }
const place: Schema = { 1: stream, 2: 'number', 3: 'empty', 4: 'empty' }
const anywhere: Schema = { 1: position, 2: 'empty', 3: 'empty' }
const expectation: Schema = { 1: stream, 2: 'number', 3: 'empty', 4: 'empty', 5: 'empty' }
const event: Schema = { 1: uuid, 2: { each: 'map' }, 3: 'bytes', 4: 'bytes' }
const moment: Schema = { 1: 'number', 2: 'number' }
const numbers = (...fields: number[]): Schema => Object.fromEntries(fields.map((field) => [field, 'number']))
const groupSettings: Schema = {
  ...numbers(2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
  1: 'truth',
  3: 'truth',
  16: 'text',
}
const group: Schema = {
  1: stream,
  2: 'group-name',
  3: groupSettings,
  4: place,
  5: { 1: position, 2: 'empty', 3: 'empty', 4: filter, 5: 'empty' },
}
const streamGroup: Schema = { 1: stream, 2: 'empty', 3: 'group-name' }

/** By the end of a method's path. A method that is not here gets messages of random fields. */
export const requestSchemas: { readonly [path: string]: Schema } = {
  'streams.Streams/Read': {
    1: {
      1: place,
      2: anywhere,
      3: 'number',
      4: 'truth',
      5: 'number',
      6: 'empty',
      7: filter,
      8: 'empty',
      9: { 1: 'empty', 2: 'empty' },
      10: { 1: 'number' },
    },
  },
  'streams.Streams/Append': { 1: expectation, 2: event },
  'streams.Streams/BatchAppend': {
    1: uuid,
    2: { ...expectation, 6: moment, 7: moment },
    3: { each: event },
    4: 'truth',
  },
  'streams.Streams/Delete': { 1: expectation },
  'streams.Streams/Tombstone': { 1: expectation },
  'PersistentSubscriptions/Create': { 1: group },
  'PersistentSubscriptions/Update': { 1: group },
  'PersistentSubscriptions/Delete': { 1: { 1: stream, 2: 'group-name', 3: 'empty' } },
  'PersistentSubscriptions/GetInfo': { 1: streamGroup },
  'PersistentSubscriptions/ReplayParked': { 1: { 1: 'group-name', 2: stream, 3: 'empty', 4: 'number', 5: 'empty' } },
  'PersistentSubscriptions/List': { 1: { 1: 'empty', 2: { 1: stream, 2: 'empty' } } },
  'PersistentSubscriptions/Read': {
    1: { 1: stream, 2: 'group-name', 3: 'number', 4: { 1: 'empty', 2: 'empty' }, 5: 'empty' },
    2: { 1: 'bytes', 2: { each: uuid } },
    3: { 1: 'bytes', 2: { each: uuid }, 3: 'number', 4: 'text' },
  },
  'Operations/StartScavenge': { 1: { 1: 'number', 2: 'number' } },
  'Operations/StopScavenge': { 1: { 1: 'text' } },
  'Operations/SetNodePriority': { 1: 'number' },
  'Users/Create': { 1: { 1: 'text', 2: 'text', 3: 'text', 4: { each: 'text' } } },
  'Users/Update': { 1: { 1: 'text', 2: 'text', 3: 'text', 4: { each: 'text' } } },
  'Users/Delete': { 1: { 1: 'text' } },
  'Users/Enable': { 1: { 1: 'text' } },
  'Users/Disable': { 1: { 1: 'text' } },
  'Users/Details': { 1: { 1: 'text' } },
  'Users/ChangePassword': { 1: { 1: 'text', 2: 'text', 3: 'text' } },
  'Users/ResetPassword': { 1: { 1: 'text', 2: 'text' } },
  'Monitoring/Stats': { 1: 'truth', 4: 'number' },
}
