/**
 * Where the log of a service goes: JSON lines in `<home>/<role>/logs/<role>.log`, and readable text on the console.
 *
 * Promises: a line written before a crash is in the file; files are bounded in size and number; a full disk costs lines,
 * never the service.
 */
import { closeSync, existsSync, fstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePrivateFolder } from '#config/private-file.ts'
import { type Clock, systemClock } from '#kernel/clock.ts'
import { createLog, type Log, type LogLevel, type LogLine } from '#kernel/log.ts'
import { toJsonLine, toReadableLine } from './log-format.ts'

export type LoggingOptions = {
  readonly role: string
  /** The role's own folder. */
  readonly folder: string
  readonly level: LogLevel
  readonly logToStdout: boolean
  readonly isColoured: boolean
  readonly fileSizeBytesMax: number
  readonly fileCountMax: number
  readonly clock?: Clock
  readonly writeToConsole?: (text: string) => void
}

export type ServiceLog = { readonly log: Log; readonly file: string; close(): void }

const levels: readonly LogLevel[] = ['debug', 'info', 'warning', 'error']

export function openServiceLog(options: LoggingOptions): ServiceLog {
  const { role, clock = systemClock, writeToConsole = (text) => void process.stdout.write(text) } = options
  const levelMin = levels.indexOf(options.level)
  const file = join(options.folder, 'logs', `${role}.log`)
  ensurePrivateFolder(join(options.folder, 'logs'))
  const target = openRotatingFile({ ...options, file })

  const write = (line: LogLine) => {
    if (levels.indexOf(line.level) < levelMin) return
    const at = clock.now()
    target.append(`${toJsonLine(line, at)}\n`)
    if (options.logToStdout) writeToConsole(`${toReadableLine(line, at, options.isColoured)}\n`)
  }
  return { log: createLog(role, write), file, close: target.close }
}

/** `role.log`, and older ones as `role.1.log` (the youngest) and so on. */
function openRotatingFile(options: { file: string; fileSizeBytesMax: number; fileCountMax: number }) {
  const { file, fileSizeBytesMax, fileCountMax } = options
  let descriptor: number | undefined = openSync(file, 'a', 0o600)
  let sizeBytes = fstatSync(descriptor).size

  const rotate = () => {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
    shiftFiles(file, fileCountMax)
    descriptor = openSync(file, 'a', 0o600)
    sizeBytes = 0
  }
  return {
    append: (text: string) => {
      try {
        if (descriptor === undefined || sizeBytes > fileSizeBytesMax) rotate()
        if (descriptor !== undefined) sizeBytes += writeSync(descriptor, text)
      } catch {
        // The disk is full or the folder is gone. The log is not worth the service, and there is nowhere to say so.
      }
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor)
      descriptor = undefined
    },
  }
}

function shiftFiles(file: string, fileCountMax: number): void {
  const nameOf = (age: number) => (age === 0 ? file : file.replace(/\.log$/, `.${age}.log`))
  rmSync(nameOf(fileCountMax - 1), { force: true })
  for (let age = fileCountMax - 2; age >= 0; age--) {
    if (existsSync(nameOf(age))) renameSync(nameOf(age), nameOf(age + 1))
  }
}
