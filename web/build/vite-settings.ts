import type { InlineConfig, Logger } from 'vite'
import type { Log } from '#kernel/log.ts'

/**
 * What the shell and the plugin builds have in common. Everything Vite would take from the environment or from a
 * configuration file is said here, so that a build is the same under `bun run`, `bun test` and in a service.
 */
export function commonViteSettings(log: Log): InlineConfig {
  return {
    configFile: false,
    envDir: false,
    mode: 'production',
    define: { 'process.env.NODE_ENV': '"production"' },
    resolve: { conditions: ['solid', 'module', 'browser', 'production'] },
    logLevel: 'warn',
    customLogger: viteLogger(log),
    clearScreen: false,
  }
}

export const cssAndScriptTarget = ['es2023', 'chrome123', 'firefox124', 'safari17.5']

function viteLogger(log: Log): Logger {
  const seen = new Set<string>()
  const warn = (words: string) => log.warning(words.trim())
  return {
    hasWarned: false,
    info: () => undefined,
    warn,
    warnOnce: (words) => {
      if (!seen.has(words)) warn(words)
      seen.add(words)
    },
    // What fails is also thrown; whoever catches it says so once.
    error: (words) => log.debug(words.trim()),
    clearScreen: () => undefined,
    hasErrorLogged: () => false,
  }
}
