/** Where a part of the program reports what happened. One event, one line; facts are properties, not prose. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error'
export type LogFacts = Readonly<Record<string, unknown>>

export interface Log {
  debug(words: string, facts?: LogFacts): void
  info(words: string, facts?: LogFacts): void
  warning(words: string, facts?: LogFacts): void
  error(words: string, facts?: LogFacts): void
  /** The same log under a longer name, `parent.name`. */
  named(name: string): Log
}

export type LogLine = {
  readonly level: LogLevel
  readonly name: string
  readonly words: string
  readonly facts?: LogFacts
}

/** A log that hands each line to `write`; the composition root decides where lines go. */
export function createLog(name: string, write: (line: LogLine) => void): Log {
  const at = (level: LogLevel) => (words: string, facts?: LogFacts) =>
    write(facts === undefined ? { level, name, words } : { level, name, words, facts })
  return {
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    named: (child) => createLog(`${name}.${child}`, write),
  }
}

export const silentLog: Log = createLog('silent', () => undefined)
