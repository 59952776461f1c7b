import type { JobContext } from '#plugin-api'

const specificNumber = 24

export function pickSpecificNumber(_: object, { log }: Pick<JobContext, 'log'>): { readonly number: number } {
  log.info(`Specific number ${specificNumber}`)
  return { number: specificNumber }
}
