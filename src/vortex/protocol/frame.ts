/**
 * One frame on the wire: a routing head, and a body that a middle hop passes on without reading.
 *
 *     {"k":"act","req":7,...}\n{"stringIntId":"...","offset":1}
 *
 * Both are JSON, which never holds a raw line feed, so the first one divides them. A text frame is this text;
 * a binary frame is the same text as gzip, for large bodies.
 */
export type Frame = { readonly head: string; readonly body?: string }

export function encodeFrame(head: object, body?: string): string {
  const text = JSON.stringify(head)
  return body === undefined ? text : `${text}\n${body}`
}

export function splitFrame(text: string): Frame {
  const end = text.indexOf('\n')
  return end < 0 ? { head: text } : { head: text.slice(0, end), body: text.slice(end + 1) }
}
