import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/**
 * What hinders people on a page that has come to rest, as `rule: element`: by the accessibility rules of WCAG 2.2 AA, and
 * a page wider than its window. Colours that are still on their way, after a change of the theme, say nothing.
 */
export async function findFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(async () => {
    const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
    await nextFrame()
    await nextFrame()
    const ending = document
      .getAnimations()
      .filter((one) => one.effect?.getComputedTiming().endTime !== Number.POSITIVE_INFINITY)
    await Promise.allSettled(ending.map(({ finished }) => finished))
  })
  // The usual way of axe hands all it has looked at to a second, blank page, for the sake of frames of other origins. A page
  // without frames is looked at where it is: the same findings, in a third of the time.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode(page.frames().length === 1)
    .options({ resultTypes: ['violations'] })
    .analyze()
  return [
    ...violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)),
    ...(await findOverflow(page)),
  ]
}

/** A page wider than its window. Much sooner known than the rest: for a screen that was looked at in another app. */
export async function findOverflow(page: Page): Promise<readonly string[]> {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  return beyond > 0 ? [`wider than its window by ${beyond} px`] : []
}
