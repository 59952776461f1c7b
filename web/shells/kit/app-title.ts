import type { AppManifest } from './app-manifest.ts'

const appNames: Readonly<Record<string, string>> = { field: 'Field', office: 'Office', admin: 'Admin' }

/** The installation's name and which of its apps this is: `Peek Field`. */
export function appTitle({ title, app }: Pick<AppManifest, 'title' | 'app'>): string {
  const name = appNames[app]
  return name === undefined || title.endsWith(` ${name}`) ? title : `${title} ${name}`
}
