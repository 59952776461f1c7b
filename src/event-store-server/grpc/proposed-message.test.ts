import { describe, expect, test } from 'bun:test'
import { newUuid } from '#kernel/ids.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import { decodeProposedMessage } from './proposed-message.ts'
import { RpcFailure } from './rpc-failure.ts'

const id = newUuid()

function propose(properties: Readonly<Record<string, string>>, uuid = id) {
  const bytes = encodeMessage((writer) => {
    writer.message(1, (body) => body.text(2, uuid))
    for (const [key, value] of Object.entries(properties))
      writer.message(2, (entry) => {
        entry.text(1, key)
        entry.text(2, value)
      })
    writer.bytes(4, Buffer.from('7'))
  })
  return decodeProposedMessage(new ProtoReader(bytes))
}

describe('a proposed event', () => {
  test('is JSON or it is not: nothing else is kept of its content type', () => {
    const kept = (contentType: string) => Object(propose({ type: 'T', 'content-type': contentType })).contentType
    expect(kept('application/json')).toBe('application/json')
    for (const other of ['application/octet-stream', 'text/plain', 'application/JSON', 'x'.repeat(100_000)])
      expect(kept(other)).toBe('application/octet-stream')
  })

  test('needs a type, a content type and an id, and says which it lacks', () => {
    const lacks = (proposed: unknown) => (proposed instanceof RpcFailure ? proposed.details : 'nothing')
    expect(lacks(propose({ 'content-type': 'application/json' }))).toContain("'type'")
    expect(lacks(propose({ type: '', 'content-type': 'application/json' }))).toContain("'type'")
    expect(lacks(propose({ type: 'T' }))).toContain("'content-type'")
    expect(lacks(propose({ type: 'T', 'content-type': 'application/json' }, 'rubbish'))).toContain('no id')
    expect(lacks(propose({ type: 'x'.repeat(2_000), 'content-type': 'application/json' }))).toContain('at most 1024')
    expect(lacks(propose({ type: 'x'.repeat(1_024), 'content-type': 'application/json', created: 'x', '': '' }))).toBe(
      'nothing',
    )
  })
})
