import { AskUnload } from '../../shared/rpcs.ts'
import { services } from '../../shared/services.ts'
import { nothingLeft } from '../../shared/unload.ts'
import { askEach } from './ask-each.ts'
import { type Check, expectLines, howToBegin, Mismatch } from './check.ts'

/** Judges what the parts before these left behind: whoever begins the run has had all of them restarted. */
export const unloadCheck: Check = {
  name: 'unload.every-part',
  deadlineMs: 10_000,
  run: async ({ rpc, signal }) => {
    for (const service of services)
      for (const { who, output } of await askEach(service, rpc.callAll(AskUnload[service], {}, { signal }))) {
        if (output.seen.length === 0)
          throw new Mismatch(`${who}: its process began after parts were last restarted: ${howToBegin}`)
        expectLines(`the part before on ${who}`, nothingLeft, output.seen)
      }
  },
}
