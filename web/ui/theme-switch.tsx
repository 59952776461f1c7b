import Monitor from 'lucide-solid/icons/monitor'
import Moon from 'lucide-solid/icons/moon'
import Sun from 'lucide-solid/icons/sun'
import { For, type JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { setTheme, type Theme, theme } from './theme.ts'

/** Automatic, light, dark: three radio buttons drawn as one switch. */
export function ThemeSwitch(): JSX.Element {
  return (
    <fieldset class="inline-flex rounded-control border border-line bg-sunken p-0.5">
      <legend class="sr-only">Colours</legend>
      <For each={choices}>
        {(choice) => (
          <label
            title={choice.title}
            class="flex size-touch-inside cursor-pointer items-center justify-center rounded-[calc(var(--radius-control)-2px)] border border-transparent text-ink-muted has-checked:border-line has-checked:bg-raised has-checked:text-ink has-focus-visible:outline-2 has-focus-visible:outline-accent"
          >
            <input
              type="radio"
              name="peek-theme"
              class="sr-only"
              checked={theme() === choice.theme}
              onChange={() => setTheme(choice.theme)}
            />
            <span class="sr-only">{choice.title}</span>
            <Dynamic component={choice.icon} class="size-4" aria-hidden="true" />
          </label>
        )}
      </For>
    </fieldset>
  )
}

const choices = [
  { theme: 'auto', title: 'Colours as on this device', icon: Monitor },
  { theme: 'light', title: 'Light colours', icon: Sun },
  { theme: 'dark', title: 'Dark colours', icon: Moon },
] as const satisfies readonly { theme: Theme; title: string; icon: typeof Sun }[]
