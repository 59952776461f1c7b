/** A page as it looks in narrow and wide windows, in both themes. */
import type { Page } from 'playwright-core'

const widthsUsual: readonly number[] = [360, 1280]
const heightUsual = 800

export type LookOptions = { readonly widths?: readonly number[]; readonly height?: number }

/**
 * Opens the address anew in each look, so that nothing is shown that was only resized. All in one browser context: who is
 * signed in stays so, and the app is not fetched and compiled again each time, which takes longer than the looking.
 */
export async function inEveryLook(
  page: Page,
  url: string,
  look: (name: string) => Promise<void>,
  { widths = widthsUsual, height = heightUsual }: LookOptions = {},
): Promise<void> {
  for (const width of widths)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme })
      await page.goto(url)
      await look(`${width}-${colorScheme}`)
    }
}
