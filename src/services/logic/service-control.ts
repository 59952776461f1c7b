import type { ServiceControl } from '#admin/service-control.ts'
import { isPlatformError, PlatformError } from '#kernel/platform-error.ts'
import { RequestFailure } from '#vortex/calling/request-failure.ts'
import { type ServiceOrder, serviceOrderName } from '#vortex/protocol/service-order.ts'
import type { Session } from '#vortex/server/vortex-handler.ts'
import { carryOut } from '../order-desk.ts'
import type { ServiceContext } from '../run-role.ts'
import type { StatusBoard } from './status-board.ts'

const deadlineMs = 5_000

/**
 * Administrators' orders to the services that are linked to this logic, and to itself.
 *
 * Promises: an order goes to the instance it names and to no other, also where another one has taken its place. One that is
 * to restart and does not answer is ended by the supervisor of both, where they have the same.
 */
export function createServiceControl(options: {
  context: Pick<ServiceContext<'logic'>, 'identity' | 'log' | 'supervisor'>
  board: Pick<StatusBoard, 'services' | 'parts' | 'noteRestart'>
  sessions: () => Iterable<Pick<Session, 'hello' | 'ask'>>
}): ServiceControl {
  const { board, sessions } = options
  const { identity, log, supervisor } = options.context

  const send = async (instance: string, order: ServiceOrder): Promise<void> => {
    if (instance === identity.id) return carryOut(order, { service: 'logic', supervisor, log })
    try {
      const session = [...sessions()].find(({ hello }) => hello.instance === instance)
      if (!session) throw new PlatformError('unavailable', `The instance ${instance} is not connected just now.`)
      await session.ask(serviceOrderName, JSON.stringify(order), deadlineMs)
    } catch (error) {
      const failure = error instanceof RequestFailure ? toPlatformError(error) : error
      if (order.order !== 'restart' || !isPlatformError(failure, 'unavailable') || !canForce(instance)) throw failure
      await force(instance, order)
    }
  }
  const rowOf = (instance: string) => [...board.services.rows()].find(({ id }) => id === instance)
  /** The supervisor itself knows for sure; another one may run on the same machine. */
  const canForce = (instance: string): boolean => {
    const row = rowOf(instance)
    return supervisor?.restartOther !== undefined && row?.isSupervised === true && row.host === identity.host
  }
  const force = async (instance: string, { by, reason }: ServiceOrder): Promise<void> => {
    const { name = '', pid = 0 } = rowOf(instance) ?? {}
    const words = `asked for by ${by}, as it does not answer: ${reason}`
    log.info('is ended by the supervisor, as it does not answer', { service: name, pid, by, reason })
    if (await supervisor?.restartOther?.({ name, pid }, words)) return
    throw new PlatformError(
      'unavailable',
      `The ${name} service does not answer, and its process ${pid} is none that the supervisor of this logic runs now.`,
    )
  }

  return {
    services: () => [...board.services.rows()],
    parts: () => [...board.parts.rows()],
    canForce,
    order: async (instance, order) => {
      await send(instance, order)
      if (order.order === 'restart') board.noteRestart(instance)
    },
  }
}

function toPlatformError({ error: { kind, words } }: RequestFailure): PlatformError {
  const isRefused = kind === 'bad-input' || kind === 'forbidden'
  return new PlatformError(isRefused ? kind : 'unavailable', isRefused ? words : `The service did not answer: ${words}`)
}
