import type { Plugin } from 'vite'

/** Collects our own source files a build was made from, dependencies left out: they are named by the lockfile. */
export function sourcesSeen(root: string, sources: Set<string>): Plugin {
  return {
    name: 'peek-sources-seen',
    moduleParsed({ id }) {
      const file = id.replace(/\?.*$/, '')
      if (file.startsWith(`${root}/`) && !file.includes('/node_modules/')) sources.add(file.slice(root.length + 1))
    },
  }
}
