/**
 * The server's half of MySQL's protocol, from mysql2 itself, as far as prepared statements need it: each answers with
 * texts. It knows no SQL: a function does.
 */
import { Server as NetServer } from 'node:net'
import { createServer } from 'mysql2'
import { assert } from '#kernel/assert.ts'

export type MysqlAnswer =
  | { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly changedCount: number }
  | { readonly error: { readonly code: number; readonly message: string } }
  | 'never'

export interface MysqlServer {
  readonly port: number
  /** Statements as they came, with their values, and how many connections ended. */
  readonly seen: { readonly text: string; readonly values: readonly unknown[] }[]
  closedCount(): number
  close(): Promise<void>
}

const protocolVersion = 10
const utf8 = 33
const allCapabilities = 0xffffff
const varString = 253

export async function startMysqlServer(
  answer: (text: string, values: readonly unknown[]) => MysqlAnswer,
): Promise<MysqlServer> {
  const seen: { text: string; values: readonly unknown[] }[] = []
  let closed = 0
  let ids = 0
  const open = new Set<() => void>()
  const server = createServer((connection) => {
    const prepared = new Map<number, string>()
    let lastId = 0
    const close = (): void => connection.destroy()
    open.add(close)
    connection.on('error', () => undefined)
    connection.on('end', () => {
      closed++
      open.delete(close)
    })
    connection.serverHandshake({
      protocolVersion,
      serverVersion: 'test',
      connectionId: ++ids,
      statusFlags: 2,
      characterSet: utf8,
      capabilityFlags: allCapabilities,
    })
    // The library's half of the server goes on counting packets where a real one begins anew with each command.
    const handlePacket: unknown = Reflect.get(connection, 'handlePacket')
    assert(typeof handlePacket === 'function', 'mysql2 takes packets there')
    Reflect.set(connection, 'handlePacket', (packet?: { sequenceId: number }) => {
      if (packet) Reflect.set(connection, 'sequenceId', packet.sequenceId)
      handlePacket.call(connection, packet)
    })
    connection.on('stmt_prepare', (text: string) => {
      prepared.set(++lastId, text)
      const count = [...text].filter((character) => character === '?').length
      connection.writePacket(toPacket(preparedOk(lastId, count)))
      if (count === 0) return
      for (let index = 0; index < count; index++) connection.writePacket(toPacket(columnOf('?')))
      connection.writeEof()
    })
    connection.on('query', (text: string) => {
      seen.push({ text, values: [] })
      connection.writeOk()
    })
    connection.on('stmt_execute', (id: number, _flags: number, _count: number, values: readonly unknown[] = []) => {
      const text = prepared.get(id) ?? ''
      seen.push({ text, values })
      const found = answer(text, values)
      if (found === 'never') return
      if ('error' in found) return connection.writeError(found.error)
      if ('changedCount' in found) return connection.writeOk({ affectedRows: found.changedCount })
      connection.writePacket(toPacket(Buffer.from([found.columns.length])))
      for (const name of found.columns) connection.writePacket(toPacket(columnOf(name)))
      connection.writeEof()
      for (const row of found.rows) connection.writePacket(toPacket(binaryRow(row)))
      connection.writeEof()
    })
  })
  const inner: unknown = Reflect.get(server, '_server')
  assert(inner instanceof NetServer, 'mysql2 keeps its listening socket there')
  await new Promise<void>((resolve) => inner.listen(0, '127.0.0.1', resolve))
  const address = inner.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    seen,
    closedCount: () => closed,
    close: () =>
      new Promise((resolve) => {
        for (const end of open) end()
        inner.close(() => resolve())
      }),
  }
}

/** The library writes the four bytes of the head itself. */
function toPacket(body: Buffer): object {
  const buffer = Buffer.concat([Buffer.alloc(4), body])
  return {
    buffer,
    length: () => buffer.length,
    writeHeader: (sequence: number) => {
      buffer.writeUIntLE(body.length, 0, 3)
      buffer.writeUInt8(sequence, 3)
    },
  }
}

/** COM_STMT_PREPARE_OK: columns are told when it is executed. */
function preparedOk(id: number, valueCount: number): Buffer {
  const body = Buffer.alloc(12)
  body.writeUInt32LE(id, 1)
  body.writeUInt16LE(valueCount, 7)
  return body
}

function columnOf(name: string): Buffer {
  const end = Buffer.alloc(13)
  end.writeUInt8(12, 0)
  end.writeUInt16LE(utf8, 1)
  end.writeUInt32LE(1_000, 3)
  end.writeUInt8(varString, 7)
  return Buffer.concat([...['def', '', '', '', name, name].map(lengthCoded), end])
}

function binaryRow(row: readonly (string | null)[]): Buffer {
  const isNull = Buffer.alloc((row.length + 9) >> 3)
  for (const [index, value] of row.entries())
    if (value === null) isNull[(index + 2) >> 3] = (isNull[(index + 2) >> 3] ?? 0) | (1 << ((index + 2) & 7))
  const values = row.filter((value) => value !== null)
  return Buffer.concat([Buffer.from([0]), isNull, ...values.map(lengthCoded)])
}

function lengthCoded(text: string): Buffer {
  const bytes = Buffer.from(text)
  assert(bytes.length < 251, 'a test needs no longer text')
  return Buffer.concat([Buffer.from([bytes.length]), bytes])
}
