import { describe, expect, test } from 'bun:test'
import { NotAuthenticated } from './access.ts'
import { parseBasicCredentials } from './basic-credentials.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('credentials', () => {
  test('are a name up to the first colon and a password that may hold more of them', () => {
    expect(parseBasicCredentials(basic('ann:pass:word'))).toEqual({ name: 'ann', password: 'pass:word' })
    expect(parseBasicCredentials(basic('Åsa:påss'))).toEqual({ name: 'Åsa', password: 'påss' })
    expect(parseBasicCredentials(basic('ann:').replace('Basic', 'bAsIc  '))).toEqual({ name: 'ann', password: '' })
  })

  test('that are none are refused', () => {
    const unknown = [
      '',
      'Basic',
      'Basic ',
      'Basic %%%',
      'Bearer abc',
      basic('nobody'),
      basic(':secret'),
      basic(`${'x'.repeat(200)}:a`),
    ]
    for (const header of [...unknown, basic(`a:${'x'.repeat(5_000)}`)])
      expect(() => parseBasicCredentials(header)).toThrow(NotAuthenticated)
  })
})
