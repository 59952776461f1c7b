/** Addresses of plugin screens: `/p/<plugin>/<path>`. A screen's path may hold parameters, as in `cards/:cardId`. */
export function screenHref(pluginId: string, path: string): string {
  if (path.startsWith('/p/')) return path
  const inside = path.replace(/^\/+|\/+$/g, '')
  return inside === '' ? `/p/${pluginId}` : `/p/${pluginId}/${inside}`
}

export function isPathUnder(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
