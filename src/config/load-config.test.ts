import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isPlatformError } from '#kernel/platform-error.ts'
import { loadConfig } from './load-config.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'peek-config-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const load = (environment = {}) => loadConfig({ role: 'logic', home, environment })
const fileOf = (role: string) => join(home, role, 'config.json')
const readTree = () => JSON.parse(readFileSync(fileOf('logic'), 'utf8'))
const writeTree = (tree: unknown) => writeFileSync(fileOf('logic'), JSON.stringify(tree))
const refusalOf = (work: () => unknown): string => {
  try {
    work()
  } catch (error) {
    if (isPlatformError(error, 'bad-configuration')) return error.message
    throw error
  }
  return 'nothing was refused'
}

describe('the configuration of a role', () => {
  test('is created with the defaults, for its owner only', () => {
    const { values } = load()
    expect(values.httpServer.admin.sitePort).toBe(8010)
    expect(values.httpServer.admin.recoveryUser.password).toHaveLength(32)
    expect(readTree().plugin.enabled).toEqual(['tutorial'])
    expect(statSync(fileOf('logic')).mode & 0o777).toBe(0o600)
    expect(statSync(join(home, 'logic')).mode & 0o777).toBe(0o700)
  })

  test('keeps the secrets it made', () => {
    expect(load().values).toEqual(load().values)
  })

  test('of every role of a home holds the same service secret', () => {
    const field = loadConfig({ role: 'field', home, environment: {} })
    expect(field.values.serviceLink.secret).toBe(load().values.serviceLink.secret)
  })

  test('is completed where keys are missing, and what was written stays', () => {
    load()
    writeTree({ httpServer: { admin: { sitePort: 9000 } }, mine: { note: 'kept' } })
    expect(load().values.httpServer.admin.sitePort).toBe(9000)
    expect(readTree()).toMatchObject({ mine: { note: 'kept' }, logging: { level: 'info' } })
  })

  test('refuses a name of an agent that no frame could carry', () => {
    const environment = { PEEK_AGENT_NAME: 'a'.repeat(101) }
    expect(refusalOf(() => loadConfig({ role: 'agent', home, environment }))).toContain('at most 100 characters')
  })

  test('is not written again when nothing is missing', () => {
    load()
    const inodeBefore = statSync(fileOf('logic')).ino
    load()
    expect(statSync(fileOf('logic')).ino).toBe(inodeBefore)
  })

  test('takes values of the environment without writing them down', () => {
    const { values } = load({
      PEEK_LOGIC_PORT: '0',
      DATABASE_URL: 'postgres://elsewhere/x',
      PEEK_LOG_TO_STDOUT: 'false',
    })
    expect(values.httpServer.admin.sitePort).toBe(0)
    expect(values.storage.connectUrl).toBe('postgres://elsewhere/x')
    expect(values.logging.logToStdout).toBe(false)
    expect(readTree()).toMatchObject({ storage: { connectUrl: '' }, logging: { logToStdout: true } })
  })

  test('reports an unknown key with the name that was meant', () => {
    load()
    writeTree({ logging: { levle: 'debug' }, httpServer: { admin: { sitePrt: 1 } } })
    expect(load().warnings.join('\n')).toContain(
      '"logging.levle" is not known and has no effect; did you mean "logging.level"?',
    )
    expect(load().warnings.join('\n')).toContain('did you mean "httpServer.admin.sitePort"?')
    expect(readTree().logging.levle).toBe('debug')
  })

  test('names file, key, what was found and what was wanted, for all wrong values at once', () => {
    load()
    writeTree({ httpServer: { admin: { sitePort: 70_000 } }, logging: { level: 'loud' } })
    const words = refusalOf(load)
    expect(words).toContain(fileOf('logic'))
    expect(words).toContain('key "httpServer.admin.sitePort": found 70000, wanted a port')
    expect(words).toContain('key "logging.level": found "loud", wanted one of "debug", "info", "warning", "error"')
  })

  test('names a group that is no group once', () => {
    load()
    writeTree({ httpServer: 5 })
    expect(refusalOf(load)).toContain('key "httpServer": found 5, wanted a group, { … }')
    expect(refusalOf(load).match(/httpServer/g)).toHaveLength(1)
  })

  test('names a wrong environment variable', () => {
    expect(refusalOf(() => load({ PEEK_LOGIC_PORT: 'eighty' }))).toContain(
      'environment variable PEEK_LOGIC_PORT: found "eighty", wanted a port',
    )
  })

  test('never shows a secret', () => {
    load()
    writeTree({ serviceLink: { secret: 'short' } })
    expect(refusalOf(load)).toContain('wanted a text of at least 16 characters')
    expect(refusalOf(load)).not.toContain('"short"')
  })

  test('is refused with line and column, and left as it is, when it is not JSON', () => {
    load()
    const broken = '{\n  "host": "127.0.0.1",\n  "logging": { level: "info" }\n}\n'
    writeFileSync(fileOf('logic'), broken)
    expect(refusalOf(load)).toContain('line 3, column 16: found "l", wanted a key in double quotes')
    expect(readFileSync(fileOf('logic'), 'utf8')).toBe(broken)
  })
})
