/** The home folder of a command: its flag, else PEEK_HOME, else `.peek` in the project. Absolute. */
import { resolve } from 'node:path'
import { readEnvironment } from '#config/environment.ts'
import { homeOf } from '#services/run-role.ts'

export function resolveHome(flag: string | undefined): string {
  return flag === undefined ? homeOf(readEnvironment()) : resolve(flag)
}
