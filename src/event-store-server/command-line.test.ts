import { describe, expect, test } from 'bun:test'
import { parseCommandLine } from './command-line.ts'

describe('the command line', () => {
  test('needs a file and has a default for everything else', () => {
    const wanted = { file: 'a.db', port: 2113, host: '127.0.0.1', durability: 'full' } as const
    expect(parseCommandLine(['--file', 'a.db'])).toEqual(wanted)
    expect(parseCommandLine(['--port', '0', '--file', 'a.db', '--durability', 'normal'])).toEqual({
      ...wanted,
      port: 0,
      durability: 'normal',
    })
  })

  test('refuses what it does not know, and says what it knows', () => {
    expect(() => parseCommandLine([])).toThrow('No --file')
    expect(() => parseCommandLine(['--fil', 'a.db'])).toThrow('--file, --port')
    expect(() => parseCommandLine(['--file'])).toThrow('has no value')
    expect(() => parseCommandLine(['--file', 'a.db', '--port', '70000'])).toThrow('is no port')
  })
})
