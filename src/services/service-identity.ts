/** Who this process is: one installation of a role, and one run of it. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readOrWritePrivateFile } from '#config/private-file.ts'
import { newUuid } from '#kernel/ids.ts'
import projectPackage from '../../package.json' with { type: 'json' }

export type ServiceIdentity = {
  /** The role: `logic`, `field`, `office`, `agent`, `worker`. */
  readonly name: string
  /** By which calls choose this one among others of its role; unlike the id they survive a restart. */
  readonly instanceName: string
  readonly zone: string
  /** One run of the program. */
  readonly id: string
  /** The installation: the same after a restart. */
  readonly device: string
  readonly build: string
  readonly host: string
  readonly pid: number
  readonly startedAt: number
}

/** The zone of whoever names none. */
const mainZone = 'main'

export function makeServiceIdentity(options: {
  name: string
  /** Empty: the machine's name. */
  instanceName?: string | undefined
  zone?: string | undefined
  folder: string
  now: number
}): ServiceIdentity {
  return {
    name: options.name,
    instanceName: options.instanceName || hostname(),
    zone: options.zone || mainZone,
    id: newUuid(),
    device: readOrWritePrivateFile(join(options.folder, 'device-id'), newUuid).trim(),
    build: projectPackage.version,
    host: hostname(),
    pid: process.pid,
    startedAt: options.now,
  }
}
