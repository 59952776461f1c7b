/**
 * The modules that exist once in a page: a shell and all plugin screens share one instance of each.
 * The shell build gives every one a public URL in the import map; plugin builds leave them out.
 * Their whole list of exports is public and cannot be shaken off, so the list stays short.
 */
export const sharedModules = [
  'solid-js',
  'solid-js/web',
  'solid-js/store',
  '@solidjs/router',
  '#web/sdk',
  '#web/ui',
  '#plugin-api/shared',
] as const

export function isSharedModule(specifier: string): boolean {
  return sharedModules.some((shared) => shared === specifier)
}

/** A file name for a specifier: `#web/sdk` becomes `web-sdk`. */
export function sharedModuleFileName(specifier: string): string {
  return specifier.replace(/^[#@]/, '').replaceAll('/', '-')
}
