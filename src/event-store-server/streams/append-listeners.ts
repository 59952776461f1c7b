import { describeError } from '#kernel/platform-error.ts'

/**
 * Who wants to know that events were committed: in the whole log, in one stream, or in the streams the system itself reads.
 *
 * Promises: each is told, also when another one throws; what they threw comes after that, as one error.
 */
export class AppendListeners {
  private readonly all = new Set<() => void>()
  private readonly ofSystemStreams = new Set<(streamName: string) => void>()
  private readonly byStream = new Map<string, Set<() => void>>()

  /** Calls `listener` after each commit (of an event in `streamName`, when given) until the returned function is called. */
  add(listener: () => void, streamName?: string): () => void {
    const listeners = streamName === undefined ? this.all : this.listenersOf(streamName)
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      const isLast = streamName !== undefined && listeners.size === 0
      // Said a second time, it may be the set of others by now.
      if (isLast && this.byStream.get(streamName) === listeners) this.byStream.delete(streamName)
    }
  }

  /** Calls `listener` with the name of each stream that was changed and begins with `$`: metadata, users, settings. */
  addForSystemStreams(listener: (streamName: string) => void): () => void {
    this.ofSystemStreams.add(listener)
    return () => this.ofSystemStreams.delete(listener)
  }

  tell(streamNames: Iterable<string>): void {
    const errors: unknown[] = []
    const tellOne = (listener: () => void) => {
      try {
        listener()
      } catch (error) {
        errors.push(error)
      }
    }
    for (const listener of this.all) tellOne(listener)
    if (this.byStream.size > 0 || this.ofSystemStreams.size > 0)
      for (const name of streamNames) {
        if (name.startsWith('$')) for (const listener of this.ofSystemStreams) tellOne(() => listener(name))
        for (const listener of this.byStream.get(name) ?? []) tellOne(listener)
      }
    if (errors.length > 0) throw new AggregateError(errors, errors.map(describeError).join('; '))
  }

  private listenersOf(streamName: string): Set<() => void> {
    const known = this.byStream.get(streamName)
    if (known) return known
    const listeners = new Set<() => void>()
    this.byStream.set(streamName, listeners)
    return listeners
  }
}
