import { createSignal } from 'solid-js'

/** Light, dark, or as the device says. The choice is kept on the device; index.html applies it before first paint. */
export type Theme = 'auto' | 'light' | 'dark'

export const themeStorageKey = 'peek.theme'

const [theme, setThemeSignal] = createSignal<Theme>(readStoredTheme())

export { theme }

export function setTheme(next: Theme): void {
  setThemeSignal(next)
  const root = document.documentElement
  if (next === 'auto') delete root.dataset.theme
  else root.dataset.theme = next
  try {
    if (next === 'auto') localStorage.removeItem(themeStorageKey)
    else localStorage.setItem(themeStorageKey, next)
  } catch {
    // Storage may be off; then the choice lasts until the page is closed.
  }
}

function readStoredTheme(): Theme {
  try {
    const stored = localStorage.getItem(themeStorageKey)
    return stored === 'light' || stored === 'dark' ? stored : 'auto'
  } catch {
    return 'auto'
  }
}
