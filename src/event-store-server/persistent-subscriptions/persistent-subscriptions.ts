/**
 * All persistent subscription groups of a server.
 *
 * Promises: a change that was answered is on the disk; changes happen one after the other; a group that is made under the
 * name of a former one starts anew, whatever a crash has left of that. `restart` builds everything again from the disk.
 * A group this server cannot run costs itself only: it stays in the list, and the others work.
 * Asks: `stop` before the log is stopped.
 */
import type { Clock } from '#kernel/clock.ts'
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { describeError, PlatformError } from '#kernel/platform-error.ts'
import { passBy, type ReachStep } from '../step.ts'
import { createEventFilter } from '../streams/event-filter.ts'
import type { EventLog } from '../streams/event-log.ts'
import { readEventData, readEventHeader } from '../streams/event-record.ts'
import { CheckpointStream } from './checkpoint-stream.ts'
import { encodeGroupConfigs, type GroupConfig, parseGroupConfigs } from './group-config.ts'
import type { ConsumerEnd } from './group-consumer.ts'
import type { GroupInfo } from './group-info.ts'
import { toStartAfter } from './group-places.ts'
import { checkGroupSettings, type GroupKey, type GroupSettings } from './group-settings.ts'
import { configStream, configType, jsonSystemEvent } from './group-streams.ts'
import { ParkedStream } from './parked-stream.ts'
import { PersistentGroup } from './persistent-group.ts'
import { appendOwn } from './system-append.ts'

export type PersistentSubscriptionsOptions = {
  readonly eventLog: EventLog
  readonly log: Log
  readonly onStep?: ReachStep
}

export type GroupChange = 'done' | 'exists' | 'does-not-exist'

export class PersistentSubscriptions {
  readonly clock: Clock
  private readonly eventLog: EventLog
  private readonly log: Log
  private readonly onStep: ReachStep
  private groups = new Map<string, PersistentGroup>()
  /** Written by another server perhaps, with a filter that is none here; only a new group of the same name replaces one. */
  private unusable: GroupConfig[] = []
  /** The last change asked for; the next one waits for it. */
  private changing: Promise<unknown> = Promise.resolve()
  private isStopped = false

  constructor({ eventLog, log, onStep = passBy }: PersistentSubscriptionsOptions) {
    this.eventLog = eventLog
    this.clock = eventLog.clock
    this.log = log
    this.onStep = onStep
    this.load()
  }

  find(key: GroupKey): PersistentGroup | undefined {
    const found = this.groups.get(nameOf(key))
    // Group `b::c` of stream `a` has the name of group `c` of `a::b`, but who may read one stream may not read the other.
    return found?.config.key.streamName === key.streamName ? found : undefined
  }

  /** Resolves when the changes asked for so far are done: until then a group may be neither its old self nor its new one. */
  async settled(): Promise<void> {
    await this.changing
    if (this.isStopped) throw stopping()
  }

  /** Of one stream, or of all. */
  list(streamName?: string): GroupInfo[] {
    const groups = [...this.groups.values()]
    return groups
      .filter(({ config }) => streamName === undefined || config.key.streamName === streamName)
      .map((group) => group.info())
  }

  create(key: GroupKey, settings: GroupSettings, by: string | undefined): Promise<GroupChange> {
    checkSettings(settings)
    return this.change(async () => {
      if (this.groups.has(nameOf(key))) return 'exists'
      const startAfter = toStartAfter(this.eventLog, key.streamName, settings.startFrom)
      await new CheckpointStream(this.eventLog, key).forget()
      await new ParkedStream(this.eventLog, key).forget()
      await this.establish({ key, settings, startAfter }, by)
      return 'done'
    })
  }

  /**
   * Consumers are dropped and come back under the new settings; the checkpoint stays. Clients send a start with every
   * update, so it counts only for a group that has none yet, and only when it is another one.
   */
  update(key: GroupKey, settings: GroupSettings, by: string | undefined): Promise<GroupChange> {
    checkSettings(settings)
    return this.change(async () => {
      const group = this.find(key)
      if (!group) return 'does-not-exist'
      const { config } = group
      const isSameStart = config.settings.startFrom === settings.startFrom
      const startAfter = isSameStart
        ? config.startAfter
        : toStartAfter(this.eventLog, key.streamName, settings.startFrom)
      await group.stop('dropped')
      const filter = config.settings.filter
      try {
        await this.establish({ key, settings: { ...settings, filter }, startAfter }, by)
      } catch (error) {
        this.begin(config)
        throw error
      }
      return 'done'
    })
  }

  delete(key: GroupKey, by: string | undefined): Promise<GroupChange> {
    return this.change(async () => {
      const group = this.find(key)
      if (!group) return 'does-not-exist'
      const others = this.configs.filter((config) => config !== group.config)
      await this.save(others, by)
      this.groups.delete(nameOf(key))
      await group.stop('dropped')
      await group.forget()
      return 'done'
    })
  }

  /** Drops all consumers and reads everything anew. */
  restart(): Promise<void> {
    return this.change(async () => {
      await this.stopAll('dropped')
      this.groups = new Map()
      this.load()
    })
  }

  /** Ends all consumers' calls, and writes down how far the groups have come. */
  stop(): Promise<void> {
    return this.change(() => {
      this.isStopped = true
      return this.stopAll('server-stopping')
    })
  }

  private get configs(): GroupConfig[] {
    return [...[...this.groups.values()].map(({ config }) => config), ...this.unusable]
  }

  private change<T>(work: () => Promise<T>): Promise<T> {
    const changed = this.changing.then(() => {
      if (this.isStopped) throw stopping()
      return work()
    })
    this.changing = changed.catch(() => undefined)
    return changed
  }

  private async establish(config: GroupConfig, by: string | undefined): Promise<void> {
    const others = this.configs.filter(({ key }) => nameOf(key) !== nameOf(config.key))
    await this.save([...others, config], by)
    this.unusable = this.unusable.filter(({ key }) => nameOf(key) !== nameOf(config.key))
    this.begin(config)
  }

  private begin(config: GroupConfig): void {
    const { eventLog, log, onStep } = this
    this.groups.set(nameOf(config.key), new PersistentGroup(config, { eventLog, log, onStep }))
  }

  private async save(configs: readonly GroupConfig[], by: string | undefined): Promise<void> {
    const value = encodeGroupConfigs(configs, { updatedAt: this.clock.now(), updatedBy: by })
    await appendOwn(this.eventLog, configStream, [jsonSystemEvent(configType, value)])
    this.onStep('persistent-subscription:config-written')
  }

  private async stopAll(end: ConsumerEnd): Promise<void> {
    await Promise.all([...this.groups.values()].map((group) => group.stop(end)))
  }

  /** A list that is damaged costs the groups, not the server: everything else in the store is still there. */
  private load(): void {
    this.unusable = []
    try {
      for (const config of this.readConfigs()) this.tryToBegin(config)
    } catch (error) {
      this.log.error('The list of persistent subscriptions cannot be read; there are none until one is made', {
        stream: configStream,
        reason: describeError(error),
      })
    }
  }

  private tryToBegin(config: GroupConfig): void {
    try {
      this.begin(config)
    } catch (error) {
      this.unusable.push(config)
      this.log.error('A persistent subscription cannot be run here; it stays in the list, and can be made anew', {
        ...config.key,
        reason: describeError(error),
      })
    }
  }

  private readConfigs(): readonly GroupConfig[] {
    const stream = this.eventLog.findStream(configStream)
    const last = stream && this.eventLog.findEvent(configStream, stream.revision)
    if (!last) return []
    const configs = parseGroupConfigs(tryParseJson(readEventData(last.record, readEventHeader(last.record)).toString()))
    if (!configs) throw new PlatformError('store-damaged', `The last event of ${configStream} is no list of groups.`)
    return configs
  }
}

function stopping(): PlatformError {
  return new PlatformError('unavailable', 'The server is stopping. Ask again when it is back.')
}

function nameOf({ streamName, groupName }: GroupKey): string {
  return `${streamName}::${groupName}`
}

/** Before anything is changed: numbers that make no sense, and a filter that does not compile. */
function checkSettings(settings: GroupSettings): void {
  checkGroupSettings(settings)
  if (settings.filter) createEventFilter(settings.filter)
}
