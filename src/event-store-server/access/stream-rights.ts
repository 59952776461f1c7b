/**
 * Who has which right to which stream, kept in memory until the stream's metadata or the defaults change.
 *
 * Promises: an answer is never older than the last commit; memory is bounded. A damaged metadata record gives nobody
 * but administrators any right: it throws where it is looked up, and the caller gets that error.
 */
import { fromMetadataStream, isMetadataStream, toMetadataStream } from '../streams/stream-metadata.ts'
import type { StreamRight } from './access.ts'
import { type Acl, type DefaultAcls, parseAcl, parseDefaultAcls, settingsStream, whoMay } from './acl.ts'
import { readLastEvent, type SystemStreams } from './last-event.ts'
import { RecentMap } from './recent-map.ts'

const cachedAclsMax = 100_000
/** Longer names are looked up each time: they may be asked for only to fill the memory. */
const cachedNameLengthMax = 200
const silentAcl: Acl = {}

export class StreamRights {
  private readonly log: SystemStreams
  private readonly acls = new RecentMap<Acl>(cachedAclsMax)
  private defaults: DefaultAcls | undefined

  constructor(log: SystemStreams) {
    this.log = log
    log.listeners.addForSystemStreams((name) => {
      if (isMetadataStream(name)) this.acls.forget(fromMetadataStream(name))
      if (name === settingsStream) this.defaults = undefined
    })
  }

  whoMay(right: StreamRight, streamName: string): readonly string[] {
    return whoMay(right, streamName, this.aclOf(streamName), this.getDefaults())
  }

  private aclOf(streamName: string): Acl {
    const known = this.acls.find(streamName)
    if (known) return known
    const metadata = readLastEvent(this.log, toMetadataStream(streamName))
    // Most streams have no list; they share one.
    const acl = metadata ? parseAcl(metadata.data) : silentAcl
    if (streamName.length <= cachedNameLengthMax) this.acls.keep(streamName, acl)
    return acl
  }

  private getDefaults(): DefaultAcls {
    this.defaults ??= parseDefaultAcls(readLastEvent(this.log, settingsStream)?.data)
    return this.defaults
  }
}
