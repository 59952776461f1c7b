import { defineSettings, type PartContext } from '#plugin-api'
import { text } from '#plugin-api/shared'

export const probeSettings = defineSettings('probe', {
  fields: { greeting: text() },
  defaults: { greeting: 'hello' },
  words: { greeting: 'What each part says.' },
})

/** What a part tells of itself, and what it has done since it started. */
export type About = {
  readonly service: string
  readonly greeting: string
  readonly ticks: number
  /** Another one at each start. */
  readonly bornAt: string
  readonly folder: string
}

/** Begins to tick; the result tells how it stands. */
export function startTelling(service: string, context: PartContext): () => About {
  let ticks = 0
  const bornAt = crypto.randomUUID()
  context.every(20, () => {
    ticks++
    if (ticks === 2) throw new Error('a tick that fails ends nothing')
  })
  return () => ({
    service,
    ticks,
    bornAt,
    greeting: context.settings.get(probeSettings).greeting,
    folder: context.files(),
  })
}
