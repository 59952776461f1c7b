import { describe, expect, test } from 'bun:test'
import { parseCommandLine } from './command-line.ts'

describe('the command line', () => {
  test('needs a file and has a default for everything else', () => {
    const wanted = { file: 'a.db', port: 2113, host: '127.0.0.1', durability: 'full' } as const
    expect(parseCommandLine(['--file', 'a.db'])).toMatchObject(wanted)
    expect(parseCommandLine(['--port', '0', '--file', 'a.db', '--durability', 'normal'])).toMatchObject({
      ...wanted,
      port: 0,
      durability: 'normal',
    })
  })

  test('takes certificates that are made here, or given ones, not both', () => {
    const tls = (...words: string[]) => parseCommandLine(['--file', 'a.db', ...words]).tls
    expect(tls()).toBeUndefined()
    expect(tls('--tls-folder', 'keys', '--tls-names', 'a.example,10.0.0.1')).toEqual({
      selfMade: 'keys',
      names: ['a.example', '10.0.0.1'],
    })
    expect(tls('--tls-certificate', 'a.crt', '--tls-key', 'a.key')).toEqual({
      certificateFile: 'a.crt',
      keyFile: 'a.key',
    })
    expect(() => tls('--tls-folder', 'keys', '--tls-key', 'a.key')).toThrow('one of the two')
    expect(() => tls('--tls-certificate', 'a.crt')).toThrow('Give both')
    expect(() => tls('--tls-names', 'a.example')).toThrow('--tls-folder')
  })

  test('opens nothing to others unless told in so many words', () => {
    const { allowsInsecureNetwork, users } = parseCommandLine(['--file', 'a.db'])
    expect([allowsInsecureNetwork, users.allowsAnonymousStreams, users.resetsAdmin]).toEqual([false, false, false])
    expect(parseCommandLine(['--file', 'a.db', '--insecure-network', 'yes']).allowsInsecureNetwork).toBe(true)
    expect(() => parseCommandLine(['--file', 'a.db', '--insecure-network', 'true'])).toThrow('Give "yes" or "no"')
  })

  test('takes no passwords where nobody is asked for one', () => {
    for (const flag of ['--admin-password-file', '--ops-password-file', '--password-folder', '--reset-admin'])
      expect(() => parseCommandLine(['--file', 'a.db', flag, 'yes'])).toThrow(`${flag} needs TLS`)
    expect(parseCommandLine(['--file', 'a.db', '--tls-folder', 'keys', '--reset-admin', 'yes']).users.resetsAdmin).toBe(
      true,
    )
  })

  test('refuses what it does not know, and says what it knows', () => {
    expect(() => parseCommandLine([])).toThrow('No --file')
    expect(() => parseCommandLine(['--fil', 'a.db'])).toThrow('--file, --port')
    expect(() => parseCommandLine(['--file'])).toThrow('has no value')
    expect(() => parseCommandLine(['--file', 'a.db', '--file', 'b.db'])).toThrow('given twice')
    expect(() => parseCommandLine(['--file', 'a.db', '--port', '70000'])).toThrow('is no port')
  })
})
