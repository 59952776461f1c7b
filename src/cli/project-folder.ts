/** Where this Peek is checked out. */
import { resolve } from 'node:path'

export const projectFolder = resolve(import.meta.dir, '..', '..')
export const webFolder = resolve(projectFolder, 'web', 'dist')
