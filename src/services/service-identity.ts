/** Who this process is: one installation of a role, and one run of it. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readOrWritePrivateFile } from '#config/private-file.ts'
import { newUuid } from '#kernel/ids.ts'
import projectPackage from '../../package.json' with { type: 'json' }

export type ServiceIdentity = {
  readonly name: string
  /** One run of the program. */
  readonly id: string
  /** The installation: the same after a restart. */
  readonly device: string
  readonly build: string
  readonly host: string
  readonly pid: number
  readonly startedAt: number
}

export function makeServiceIdentity(options: { name: string; folder: string; now: number }): ServiceIdentity {
  return {
    name: options.name,
    id: newUuid(),
    device: readOrWritePrivateFile(join(options.folder, 'device-id'), newUuid).trim(),
    build: projectPackage.version,
    host: hostname(),
    pid: process.pid,
    startedAt: options.now,
  }
}
