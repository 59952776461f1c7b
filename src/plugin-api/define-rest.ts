import { makeRestRoute, type RestMethod, type RestRoute } from '#rest/define-rest-route.ts'
import type { RestShape } from '#rest/rest-shape.ts'
import type { Fields } from '#vortex/protocol/tuple.ts'
import type { AgentContext } from './part-context.ts'

/**
 * A route on the site of an agent, for programs outside that cannot speak vortex. The definition is the check of what goes
 * in and comes out, and the document at `/p/<plugin>/docs`. It goes into the `rest` of an agent part.
 *
 *     export const putReading = defineRestRoute('POST', '/meters/:meterId/readings', {
 *       words: 'Hands in what a meter showed.',
 *       params: { meterId: uuid() },
 *       input: { value: number(), readAt: instant() },
 *       output: { actionId: uuid() },
 *       scope: 'readings-write',
 *       status: 202,
 *       handle: ({ params, input, actionId }, { queue }) => queue.put(PutReading, { ...params, ...input }, { id: actionId }),
 *     })
 */
export function defineRestRoute<
  O extends RestShape,
  P extends Fields = Record<never, never>,
  Q extends Fields = Record<never, never>,
  I extends RestShape = Record<never, never>,
>(
  method: RestMethod,
  path: string,
  definition: Parameters<typeof makeRestRoute<AgentContext, O, P, Q, I>>[2],
): RestRoute<AgentContext> {
  return makeRestRoute<AgentContext, O, P, Q, I>(method, path, definition)
}
