import { AskSettings, FetchRoute, KeepFile } from '../../shared/rpcs.ts'
import { services } from '../../shared/services.ts'
import { askEach } from './ask-each.ts'
import { type Check, eventuallyEqual, expectEqual, howToBegin, Mismatch } from './check.ts'

export const filesCheck: Check = {
  name: 'files.own-folder',
  deadlineMs: 10_000,
  run: async ({ rpc, newId, signal }) => {
    for (const service of services) {
      const words = `kept on ${service}, ${newId()}`
      const asked = await askEach(service, rpc.callAll(KeepFile[service], { name: newId(), words }, { signal }))
      for (const { who, output } of asked) expectEqual(`the file on ${who}`, { found: words, isGone: true }, output)
    }
  },
}

export const settingsCheck: Check = {
  name: 'settings.everywhere',
  deadlineMs: 10_000,
  run: async ({ rpc, mark, signal }) => {
    if (mark === '') throw new Mismatch(`no setting was changed for the run: ${howToBegin}`)
    for (const service of services) {
      const look = async () => {
        const asked = await askEach(service, rpc.callAll(AskSettings[service], {}, { signal }))
        return asked.map(({ output }) => output.mark).find((each) => each !== mark) ?? mark
      }
      await eventuallyEqual(`the mark on ${service}`, mark, { look, signal })
    }
  },
}

export const routeCheck: Check = {
  name: 'route.every-site',
  deadlineMs: 15_000,
  run: async ({ rpc, newId, signal }) => {
    for (const service of services) {
      const token = newId()
      const asked = await askEach(service, rpc.callAll(FetchRoute[service], { token }, { signal }))
      for (const { who, output } of asked) {
        const { status, body } = output
        // The route on the admin site is for administrators: a program that has not signed in learns nothing.
        if (service === 'logic') {
          expectEqual('the status on logic, not signed in', 401, status)
          if (body.includes(token)) throw new Mismatch(`the answer on logic, not signed in, says "${body}"`)
          continue
        }
        expectEqual(`the status on ${who}`, 200, status)
        expectEqual(`the answer on ${who}`, JSON.stringify({ service, token }), body)
      }
    }
  },
}
