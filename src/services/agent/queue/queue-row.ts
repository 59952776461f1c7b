/** An action as a row of the queue's file. */
export type QueueRow = {
  readonly sequence: number
  readonly action_id: string
  readonly plugin: string
  readonly name: string
  readonly version: number
  readonly lane: string
  readonly at: number
  readonly put_at: number
  readonly size_bytes: number
  readonly body: string
  /** Set once it was refused: then it waits for somebody to hear of it, and for logic no more. */
  readonly refusal: string | null
  /** Null in rows of the first format. */
  readonly checksum: number | null
}

export const queueColumns =
  'sequence, action_id, plugin, name, version, lane, at, put_at, size_bytes, body, refusal, checksum'

/** Over all that makes the action: SQLite does not notice a byte that a disk changed inside a text. */
export function checksumOf(row: Pick<QueueRow, 'action_id' | 'plugin' | 'name' | 'version' | 'lane' | 'at' | 'body'>) {
  const { action_id, plugin, name, version, lane, at, body } = row
  return Bun.hash.crc32(`${JSON.stringify([action_id, plugin, name, version, lane, at])} ${body}`)
}
