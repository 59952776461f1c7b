/**
 * What logic orders this service to do: administrators decide it on the admin app.
 *
 * Promises: only logic itself orders, never somebody whose call it passes on; what cannot be done here is refused in
 * words, and nothing happens then.
 */
import { tryParseJson } from '#kernel/json.ts'
import type { Log } from '#kernel/log.ts'
import { PlatformError } from '#kernel/platform-error.ts'
import type { Answer } from '#vortex/calling/ask-answerer.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import { type ServiceOrder, serviceOrderName, serviceOrderSchema } from '#vortex/protocol/service-order.ts'
import type { SupervisorLine } from './process-surroundings.ts'

/** What a service can be told beside a restart. Neither waits for what runs. */
export type Drainable = { drain(): void; resume(): void }

export type OrderDeskOptions = {
  readonly service: string
  /** Where nobody would start this process again there is none. */
  readonly supervisor: SupervisorLine | undefined
  readonly drainable?: Drainable | undefined
  readonly log: Log
}

/** Carries out an order, or throws and does nothing. */
export function carryOut({ order, by, reason }: ServiceOrder, options: OrderDeskOptions): void {
  const { service, supervisor, drainable, log } = options
  if (order === 'restart') {
    if (!supervisor) throw cannot(`The ${service} service was started by hand: nobody would start it again.`)
    log.info('is restarted', { by, reason })
    return supervisor.askRestart(`asked for by ${by}${reason === '' ? '' : `: ${reason}`}`)
  }
  if (!drainable) throw cannot(`The ${service} service has no work of its own to keep away: only a worker is drained.`)
  log.info(order === 'drain' ? 'is drained' : 'takes work again', { by, reason })
  drainable[order]()
}

/** Answers orders, and leaves all else to `answer`. */
export function answerOrders(answer: Answer, options: OrderDeskOptions, onDone: () => void): Answer {
  return (ask, body, signal) => {
    if (ask.name !== serviceOrderName || ask.from) return answer(ask, body, signal)
    const parsed = parseWith<ServiceOrder>(serviceOrderSchema, tryParseJson(body))
    if (!parsed.ok) return Promise.reject(new PlatformError('bad-input', `An order is wrong: ${parsed.words}.`))
    try {
      carryOut(parsed.value, options)
    } catch (error) {
      return Promise.reject(error)
    }
    onDone()
    return Promise.resolve('{}')
  }
}

function cannot(words: string): PlatformError {
  return new PlatformError('bad-input', words)
}
