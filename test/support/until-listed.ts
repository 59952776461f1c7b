/** Lists of the audit in a browser. */
import type { Locator, Page } from 'playwright-core'
import { eventually } from './eventually.ts'

const lookMs = 5_000

/**
 * What was recorded is listed once its read model has it. The page waits two seconds for that, then says that the newest
 * may be missing and is to be asked again: so does this.
 */
export async function untilListed(page: Page, wanted: Locator): Promise<void> {
  const isListed = () =>
    wanted.waitFor({ timeout: lookMs }).then(
      () => true,
      () => false,
    )
  await eventually(`the page lists ${wanted}`, async () => {
    if (await isListed()) return true
    await page.reload()
    return false
  })
}
