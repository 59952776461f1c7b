import { useLocation } from '@solidjs/router'
import { type Accessor, createEffect, createMemo } from 'solid-js'
import { appTitle } from './app-title.ts'
import { useAppManifest } from './manifest-gate.tsx'
import { pageName } from './page-name.ts'

/** The name of the page that is shown; the browser tab is called the same. */
export function usePageName(ownPages: Readonly<Record<string, string>>): Accessor<string> {
  const location = useLocation()
  const app = useAppManifest()
  const name = createMemo(() => pageName(location.pathname, app.manifest, ownPages) ?? 'Not found')
  createEffect(() => {
    const title = appTitle(app.manifest)
    document.title = name() === title ? title : `${name()} – ${title}`
  })
  return name
}
