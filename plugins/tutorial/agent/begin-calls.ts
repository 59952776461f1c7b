import type { PartContext } from '#plugin-api'
import { tutorialSettings } from '../settings.ts'
import { tryUntilDone } from '../try-until-done.ts'
import { callLogic } from './call-logic.ts'

const callLogicAfterMs = 5_000
const what = 'Calling logic'

/** Calls logic once after the start of the part, and whenever an administrator has changed the settings. */
export function beginCalls(context: PartContext): void {
  const { settings } = context
  const work = async (): Promise<void> => {
    if (settings.get(tutorialSettings).makesCalls) await callLogic(context)
  }
  tryUntilDone(context, { what, firstMs: callLogicAfterMs, work })
  settings.onChange(() => tryUntilDone(context, { what, firstMs: 0, work }))
}
