import { ProtoWriter } from './proto-writer.ts'

// One shared writer: encoding is synchronous, so there is never a second message under way.
const writer = new ProtoWriter()

/** The bytes of one message, built by `writeBody`. */
export function encodeMessage(writeBody: (writer: ProtoWriter) => void): Buffer {
  writer.reset()
  writeBody(writer)
  return writer.finish()
}
