import type { Plugin } from 'vite'
import { PlatformError } from '#kernel/platform-error.ts'

/** Stands in a shell's index.html before its style sheet: a script behind one waits for it. */
export const earlyStartMark = '<!--early-start-->'

type EarlyScreen = { readonly path: string; readonly url: string; readonly imports?: readonly string[] }
type EarlyManifest = {
  readonly shell?: string
  readonly plugins: readonly { readonly id: string; readonly screens: readonly EarlyScreen[] }[]
}
export type EarlyPage = {
  readonly shell: string
  readonly path: string
  ask(url: string): Promise<EarlyManifest | undefined>
  preload(url: string): void
}

/**
 * Asks for the app's manifest, and fetches the code of the screen that the address means, while the shell's own code is still
 * being read; nothing of it runs before the shell wants it. Gives the manifest, or undefined where it did not come: then the shell asks itself, and says what is wrong.
 *
 * Its text goes into the page, so it names nothing outside itself.
 */
export function earlyStart({ shell, path, ask, preload }: EarlyPage): Promise<EarlyManifest | undefined> {
  const isMeant = (id: string, screen: EarlyScreen): boolean => {
    const [asked, own] = [path, screen.path.startsWith('/p/') ? screen.path : `/p/${id}/${screen.path}`].map((each) =>
      each.split('/').filter((part) => part !== ''),
    )
    if (!asked || !own || asked.length !== own.length) return false
    return own.every((part, index) => part.startsWith(':') || part === asked[index])
  }
  const manifest = ask(`/api/manifest?shell=${encodeURIComponent(shell)}`).catch(() => undefined)
  void manifest.then((found) => {
    // Screens of another build wait for the update.
    if (found?.shell !== shell) return
    for (const { id, screens } of found.plugins)
      for (const screen of screens)
        if (isMeant(id, screen)) for (const url of [screen.url, ...(screen.imports ?? [])]) preload(url)
  })
  return manifest
}

/** The deadline is that of the shell's own requests. */
const script = `window.peekManifest=(${earlyStart.toString()})({
shell:document.querySelector('meta[name="peek-shell"]')?.content??'',
path:location.pathname,
ask:async(url)=>{const answer=await fetch(url,{headers:{accept:'application/json'},signal:AbortSignal.timeout(15000)});return answer.ok?answer.json():undefined},
preload:(href)=>document.head.append(Object.assign(document.createElement('link'),{rel:'modulepreload',href}))})`

export function putEarlyStart(): Plugin {
  return {
    name: 'peek-early-start',
    transformIndexHtml: (html) => {
      if (!html.includes(earlyStartMark))
        throw new PlatformError('bad-definition', `The shell's index.html has no ${earlyStartMark} in its head`)
      return html.replace(earlyStartMark, () => `<script>${script}</script>`)
    },
  }
}
