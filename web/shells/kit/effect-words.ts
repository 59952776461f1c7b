import type { EffectOfAction } from '#web/sdk'
import type { StatusTone } from '#web/ui'

/** An accepted action that screens do not show, in words for whoever pushed it. */
export type EffectLook = { readonly tone: StatusTone; readonly title: string; readonly words: string }

export function effectLook({ state, words }: Pick<EffectOfAction, 'state' | 'words'>): EffectLook {
  switch (state) {
    case 'delayed':
      return {
        tone: 'waiting',
        title: 'Effect delayed',
        words:
          'It is recorded and safe. It shows once an administrator has looked at what holds it up; do not do it again.',
      }
    case 'effective':
      return { tone: 'normal', title: 'In effect', words: 'What held it up is gone; screens show it now.' }
    case 'skipped':
      return {
        tone: 'warning',
        title: 'Left out',
        words: `It is recorded, and an administrator decided that it does not take effect: ${words || 'no reason was given'}`,
      }
  }
}

/** One line for all that is delayed; undefined when nothing is. */
export function delayedWords(effects: readonly Pick<EffectOfAction, 'state' | 'title'>[]): string | undefined {
  const [first, ...more] = effects.filter(({ state }) => state === 'delayed')
  if (!first) return undefined
  if (more.length === 0) return `“${first.title}” is recorded, and does not show yet.`
  return `${more.length + 1} things you did are recorded, and do not show yet.`
}
