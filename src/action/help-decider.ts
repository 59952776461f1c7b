import { helpCategory, openHelpMax } from '#vortex/protocol/help-request.ts'
import { isAdmin } from '#vortex/protocol/principal.ts'
import { accept, decideOn, defineDecider, evolveOn, reject } from './decider.ts'
import { answerHelp, askForHelp } from './help-actions.ts'

/** Requests of one device that nobody has answered. */
export type DeviceHelp = { readonly open: ReadonlySet<string> }

/**
 * Who may ask and answer: a device asks about its own actions only (S4), and for so much at a time as people can answer;
 * a request is answered once.
 */
export const helpDecider = defineDecider<DeviceHelp>({
  category: helpCategory,
  initialState: () => ({ open: new Set() }),
  decide: [
    decideOn(askForHelp, ({ id, device, words, records }, { open }: DeviceHelp, { by }) => {
      if (device !== by.device && !isAdmin(by))
        return reject('forbidden', 'Help can only be asked for with what was done on this device.')
      if (open.has(id)) return reject('asked-already', 'The office has this request already.')
      if (words.trim() === '' && records.length === 0)
        return reject('nothing-asked', 'Say what you need help with, or name an action.')
      if (open.size >= openHelpMax)
        return reject(
          'too-many-open',
          `The office has not answered ${open.size} requests of this device yet, which is the most: call them.`,
        )
      return accept()
    }),
    decideOn(answerHelp, ({ id }, { open }: DeviceHelp) =>
      open.has(id)
        ? accept()
        : reject('not-open', 'This request is not open: somebody has answered it already, or it was never made.'),
    ),
  ],
  evolve: [
    evolveOn(askForHelp, ({ open }: DeviceHelp, { id }) => ({ open: new Set(open).add(id) })),
    evolveOn(answerHelp, ({ open }: DeviceHelp, { id }) => ({ open: new Set([...open].filter((one) => one !== id)) })),
  ],
})
