import { expect, test } from 'bun:test'
import { streamDeleted } from './rpc-failure.ts'

test('a failure about a name of any length and any characters fits into its headers', () => {
  for (const name of ['x'.repeat(4_096), '漢'.repeat(1_365), '\ud83d'.repeat(700), '💥'.repeat(1_000), '\u0000\r\n']) {
    const failure = streamDeleted(name)
    const trailer = String(failure.metadata.get('stream-name')[0])
    expect(trailer).toMatch(/^[\x20-\x7e]+$/)
    expect(trailer.length + encodeURIComponent(failure.details).length).toBeLessThan(14_000)
  }
})
