/** One command of the command line. Settles with the exit code; undefined means that the process goes on by itself. */
export type Command = {
  run(args: readonly string[]): Promise<number | undefined>
}

export type CommandEntry = {
  readonly words: string
  /** Loaded only when asked for: a command must not pay for the others. */
  readonly load: () => Promise<Command>
}
