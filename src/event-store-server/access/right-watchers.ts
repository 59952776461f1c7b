/**
 * Long calls and the rights they live on. When a commit changes a stream's metadata, the defaults or a user, the calls it may
 * concern are asked again, before the commit is answered: from then on a call that lost its right delivers nothing.
 */
import type { AppendListeners } from '../streams/append-listeners.ts'
import { fromMetadataStream, isMetadataStream } from '../streams/stream-metadata.ts'
import { AccessDenied, type Caller, type Operation } from './access.ts'
import { settingsStream } from './acl.ts'
import { userStreamPrefix } from './user.ts'

type Watcher = {
  readonly caller: Caller
  readonly operation: Operation
  readonly onLost: (denied: AccessDenied) => void
}

type Check = (caller: Caller, operation: Operation) => void

export class RightWatchers {
  private readonly all = new Set<Watcher>()
  private readonly byStream = new Map<string, Set<Watcher>>()
  private readonly check: Check

  constructor(listeners: AppendListeners, check: Check) {
    this.check = check
    listeners.addForSystemStreams((name) => this.askAgain(name))
  }

  add(caller: Caller, operation: Operation, onLost: (denied: AccessDenied) => void): () => void {
    const watcher = { caller, operation, onLost }
    this.all.add(watcher)
    if ('streamName' in operation) this.ofStream(operation.streamName).add(watcher)
    return () => this.remove(watcher)
  }

  private askAgain(changed: string): void {
    if (this.all.size === 0) return
    if (isMetadataStream(changed)) {
      for (const watcher of this.byStream.get(fromMetadataStream(changed)) ?? []) this.ask(watcher)
    } else if (changed === settingsStream) {
      for (const watcher of this.all) this.ask(watcher)
    } else if (changed.startsWith(userStreamPrefix)) {
      const name = changed.slice(userStreamPrefix.length)
      for (const watcher of this.all) if (watcher.caller.name === name) this.ask(watcher)
    }
  }

  private ask(watcher: Watcher): void {
    try {
      this.check(watcher.caller, watcher.operation)
    } catch (error) {
      this.remove(watcher)
      watcher.onLost(
        error instanceof AccessDenied ? error : new AccessDenied('The rights of this call cannot be read.'),
      )
    }
  }

  private remove(watcher: Watcher): void {
    this.all.delete(watcher)
    if (!('streamName' in watcher.operation)) return
    const { streamName } = watcher.operation
    const watchers = this.byStream.get(streamName)
    watchers?.delete(watcher)
    if (watchers?.size === 0) this.byStream.delete(streamName)
  }

  private ofStream(streamName: string): Set<Watcher> {
    const known = this.byStream.get(streamName)
    if (known) return known
    const watchers = new Set<Watcher>()
    this.byStream.set(streamName, watchers)
    return watchers
  }
}
