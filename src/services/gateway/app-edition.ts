import { createHash } from 'node:crypto'
import type { AppManifest } from '#plugin-host/app-manifest.ts'
import type { BuiltWeb } from './built-web.ts'

/**
 * All that an app is made of at one moment: its shell, and the screens of the plugins that are enabled. A device keeps
 * editions whole or not at all; equal content has an equal id, on whichever machine it was built and served.
 */
export type AppEdition = {
  readonly id: string
  readonly manifest: AppManifest & EditionNames
  /** `/` is the page. The hash is the SHA-256 of the content in base64url. */
  readonly files: readonly EditionFile[]
}
export type EditionFile = { readonly url: string; readonly hash: string; readonly sizeBytes: number }
/** `shell` is what the page says of itself too: screens run only in the shell they were built with. */
export type EditionNames = { readonly shell: string; readonly edition: string }

export function toAppEdition(built: BuiltWeb, manifest: AppManifest): AppEdition {
  const shell = built.apps[manifest.app]?.shell ?? ''
  const files = [
    ...shellFiles(built, manifest.app),
    ...manifest.plugins.flatMap(({ id }) => pluginUrls(built, manifest, id)),
  ]
    .map((url) => toEditionFile(built, manifest.app, url))
    .filter((file) => file !== undefined)
  const id = createHash('sha256')
    .update(JSON.stringify([manifest, files.map(({ url, hash }) => [url, hash])]))
    .digest('base64url')
    .slice(0, 16)
  return { id, manifest: { ...manifest, shell, edition: id }, files }
}

function shellFiles(built: BuiltWeb, app: string): string[] {
  const folder = `${app}/`
  const own = Object.keys(built.files).filter((path) => path.startsWith(folder) && isKept(path.slice(folder.length)))
  return own.map((path) => (path === built.apps[app]?.index ? '/' : `/${path.slice(folder.length)}`))
}

/** The browser has a store of its own for the service worker, and the icons are read when the app is installed. */
function isKept(path: string): boolean {
  return path !== 'sw.js' && !/^[^/]+\.png$/.test(path)
}

/** The files of this app's screens, and what the plugin brings beside them. */
function pluginUrls(built: BuiltWeb, manifest: AppManifest, plugin: string): string[] {
  const shown = new Set(
    manifest.plugins
      .filter(({ id }) => id === plugin)
      .flatMap(({ screens, packsUrl }) => [...screens.map(({ url }) => url), packsUrl]),
  )
  const modules = Object.entries(built.plugins[plugin] ?? {})
  const urls = modules
    .filter(([module, { url }]) => module.startsWith('assets/') || shown.has(url))
    .flatMap(([, { url, css = [], needs = [] }]) => [url, ...css, ...needs])
  return [...new Set(urls)].sort()
}

function toEditionFile(built: BuiltWeb, app: string, url: string): EditionFile | undefined {
  const path = url === '/' ? built.apps[app]?.index : url.startsWith('/plugins/') ? url.slice(1) : `${app}${url}`
  const content = path === undefined ? undefined : built.files[path]
  return content && { url, hash: content.hash, sizeBytes: content.sizeBytes }
}
