import type { Page } from 'playwright-core'

/**
 * What a gloved finger misses: each control that is not hit by a tap everywhere within a square around its middle. Tried by
 * asking the page what lies there, so that a label or a larger area around a small mark counts. Links within a sentence
 * are left out: they cannot be larger than their line.
 */
export function findSmallTargets(page: Page, sizePx = 48): Promise<readonly string[]> {
  return page.evaluate((size) => {
    const wanted = 'a[href], button, input, select, textarea, summary, [role="button"], [role="switch"], [role="tab"]'
    const reach = size / 2 - 1
    const isWithinText = (element: Element): boolean =>
      element instanceof HTMLAnchorElement &&
      getComputedStyle(element).display === 'inline' &&
      (element.parentElement?.textContent ?? '').trim() !== (element.textContent ?? '').trim()
    const isHidden = (element: Element): boolean => {
      const { width, height } = element.getBoundingClientRect()
      return width < 2 || height < 2 || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    }
    const belongs = (hit: Element | null, element: Element): boolean => {
      if (hit === null) return false
      if (element.contains(hit)) return true
      const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : []
      return labels.some((label) => label.contains(hit))
    }
    const isHitAround = (element: Element): boolean => {
      element.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' })
      const { left, top, width, height } = element.getBoundingClientRect()
      const [x, y] = [left + width / 2, top + height / 2]
      const around = [
        [x - reach, y],
        [x + reach, y],
        [x, y - reach],
        [x, y + reach],
      ] as const
      return around.every(([atX, atY]) => belongs(document.elementFromPoint(atX, atY), element))
    }
    return [...document.querySelectorAll(wanted)]
      .filter((element) => !isHidden(element) && !isWithinText(element) && !isHitAround(element))
      .map((element) => {
        const { width, height } = element.getBoundingClientRect()
        return `${Math.round(width)} x ${Math.round(height)}: ${element.outerHTML.slice(0, 160)}`
      })
  }, sizePx)
}
