/**
 * An edition: all that an app is made of at one moment, its shell and the screens of the plugins that are enabled, as the
 * service lists it under `/api/edition`. Read without a library: the service worker reads it too, and is small.
 */
export type Edition = {
  readonly id: string
  /** What `/api/manifest` says when this edition is served; whoever shows it looks at it more closely. */
  readonly manifest: EditionManifest
  readonly files: readonly EditionFile[]
}

export type EditionManifest = {
  readonly edition: string
  /** Screens run only in the shell they were built with. */
  readonly shell: string
  readonly build: string
  readonly plugins: readonly EditionPlugin[]
}
export type EditionPlugin = { readonly id: string; readonly title: string }

/** `/` is the page. The hash is the SHA-256 of the content in base64url. */
export type EditionFile = { readonly url: string; readonly hash: string; readonly sizeBytes: number }

/** Undefined for whatever else may come instead, such as the sign-in page of a public network. */
export function parseEdition(found: unknown): Edition | undefined {
  if (!isObject(found) || typeof found.id !== 'string' || found.id === '') return undefined
  if (!isManifest(found.manifest) || !Array.isArray(found.files)) return undefined
  if (!found.files.every(isFile) || !found.files.some(({ url }) => url === '/')) return undefined
  return { id: found.id, manifest: found.manifest, files: found.files }
}

function isManifest(found: unknown): found is EditionManifest {
  if (!isObject(found)) return false
  const { edition, shell, build, plugins } = found
  const areTexts = [edition, shell, build].every((one) => typeof one === 'string')
  return areTexts && Array.isArray(plugins) && plugins.every(isPlugin)
}

function isPlugin(found: unknown): found is EditionPlugin {
  return isObject(found) && typeof found.id === 'string' && typeof found.title === 'string'
}

function isFile(found: unknown): found is EditionFile {
  if (!isObject(found)) return false
  const { url, hash, sizeBytes } = found
  return typeof url === 'string' && url.startsWith('/') && typeof hash === 'string' && typeof sizeBytes === 'number'
}

function isObject(found: unknown): found is Record<string, unknown> {
  return typeof found === 'object' && found !== null
}
