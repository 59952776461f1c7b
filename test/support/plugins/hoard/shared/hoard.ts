import { defineJob, defineRpc, text } from '#plugin-api/shared'

export const services = ['logic', 'field', 'office', 'agent', 'worker'] as const
export type Service = (typeof services)[number]

const anybody = [...services, 'field-app'] as const

/** Which run of the part answers there. */
export const Ask = {
  logic: ask('logic'),
  field: ask('field'),
  office: ask('office'),
  agent: ask('agent'),
  worker: ask('worker'),
}
function ask(service: Service) {
  return defineRpc(`hoard.AskOn${service}`, {
    listensOn: service,
    acceptsFrom: anybody,
    input: {},
    output: { bornAt: text() },
    timeoutMs: 5_000,
  })
}

/** Never answered: under way for as long as both its ends run. */
export const Wait = {
  logic: wait('logic'),
  field: wait('field'),
  office: wait('office'),
  agent: wait('agent'),
  worker: wait('worker'),
}
function wait(service: Service) {
  return defineRpc(`hoard.WaitOn${service}`, {
    listensOn: service,
    acceptsFrom: anybody,
    input: {},
    output: {},
    timeoutMs: 600_000,
  })
}

/** Submitted for a time that does not come. */
export const Later = defineJob('hoard.Later', { input: {}, output: {} })
