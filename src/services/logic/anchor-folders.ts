import { join, resolve } from 'node:path'
import type { LoadedConfig } from '#config/load-config.ts'

/** Where anchors of the hash chain go: beside logic's own data, and where the administrator wants another copy. */
export function anchorFoldersOf({
  folder,
  values,
}: Pick<LoadedConfig<'logic'>, 'folder' | 'values'>): readonly string[] {
  const { anchorFolder } = values.audit
  return [join(folder, 'evidence'), ...(anchorFolder === '' ? [] : [resolve(anchorFolder)])]
}
