import { defineLogicPart } from '#plugin-api'
import { stringInt } from './string-int.ts'

/** What the plugin runs on logic. */
export const learningLogicPart = defineLogicPart({
  deciders: [stringInt],
  start: ({ log, onStop }) => {
    log.info('Started')
    onStop(() => log.info('Stopped'))
  },
})
