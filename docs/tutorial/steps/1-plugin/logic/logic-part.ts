import { defineLogicPart } from '#plugin-api'

/** What the plugin runs on logic. */
export const learningLogicPart = defineLogicPart({
  start: ({ log, onStop }) => {
    log.info('Started')
    onStop(() => log.info('Stopped'))
  },
})
