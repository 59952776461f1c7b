import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeClock } from '#kernel/clock.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import { type LoggingOptions, openServiceLog } from './logging.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'peek-logging-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function open(options: Partial<LoggingOptions> = {}) {
  const console: string[] = []
  const service = openServiceLog({
    role: 'field',
    folder,
    level: 'info',
    logToStdout: true,
    isColoured: false,
    fileSizeBytesMax: 1_000_000,
    fileCountMax: 3,
    clock: createFakeClock(0),
    writeToConsole: (text) => console.push(text),
    ...options,
  })
  return { ...service, console }
}

describe('the log of a service', () => {
  test('writes each line as JSON into its file and as text on the console', () => {
    const { log, file, console } = open()
    log.named('link').warning('logic is away', { attempt: 3, bytes: 5n })
    const written: unknown = JSON.parse(readFileSync(file, 'utf8'))
    expect(written).toEqual({
      at: '1970-01-01T00:00:00.000Z',
      level: 'warning',
      name: 'field.link',
      words: 'logic is away',
      facts: { attempt: 3, bytes: '5' },
    })
    expect(console.join('')).toContain('warning field.link  logic is away  attempt=3  bytes=5')
  })

  test('leaves out what is below its level', () => {
    const { log, file, console } = open({ level: 'warning' })
    log.info('not kept')
    expect(readFileSync(file, 'utf8') + console.join('')).toBe('')
  })

  test('keeps the causes of an error', () => {
    const { log, file } = open()
    log.error('failed', { error: new PlatformError('timeout', 'Too slow.', { cause: new Error('the net') }) })
    expect(readFileSync(file, 'utf8')).toContain('Too slow. (because: the net)')
  })

  test('is bounded in size and number of files', () => {
    const { log } = open({ fileSizeBytesMax: 500 })
    for (let line = 0; line < 200; line++) log.info(`line ${line}`)
    expect(readdirSync(join(folder, 'logs')).toSorted()).toEqual(['field.1.log', 'field.2.log', 'field.log'])
    expect(readFileSync(join(folder, 'logs', 'field.log'), 'utf8')).toContain('line 199')
  })
})
