import { RpcFailure, type RpcFailureKind, type TupleOf } from '#plugin-api'
import type { CheckedPlatform } from '../logic/checks/check.ts'
import { toRpc } from './to-rpc.ts'

/** Ways to break one promise of a platform, and leave the others. */
export type Breakage = (platform: CheckedPlatform) => CheckedPlatform

type Fields = { readonly [name: string]: unknown }

/** The answer of that call is another one. */
export function answering(name: string, change: (output: Fields, input: Fields) => Fields): Breakage {
  return (platform) => ({
    ...platform,
    rpc: toRpc(async (rpc, input, options) => {
      const output = await platform.rpc.call(rpc, input, options)
      return rpc.name === name ? (change(output, input) as typeof output) : output
    }),
  })
}

/** Where all are called a second one answers as well, with something else in its answer. */
export function among(name: string, change: Fields): Breakage {
  return (platform) => ({
    ...platform,
    rpc: {
      ...platform.rpc,
      callAll: async (rpc, input, options) => {
        const outcomes = await platform.rpc.callAll(rpc, input, options)
        const second = { instance: 'another', name: 'second', zone: 'here' }
        const others = outcomes.map((one) =>
          one.ok ? { ...one, from: second, output: { ...one.output, ...change } as typeof one.output } : one,
        )
        return rpc.name === name ? [...outcomes, ...others] : outcomes
      },
    },
  })
}

/** Where all are called nobody is there. */
export function absent(name: string): Breakage {
  return (platform) => ({
    ...platform,
    rpc: {
      ...platform.rpc,
      callAll: async (rpc, input, options) =>
        rpc.name === name ? [] : await platform.rpc.callAll(rpc, input, options),
    },
  })
}

/** That call fails, and nobody is called. */
export function failing(name: string, kind: RpcFailureKind): Breakage {
  return instead(name, () => Promise.reject(new RpcFailure(name, kind, `broken: ${kind}`)))
}

/** That call is answered, whatever it asks. */
export function answered(name: string): Breakage {
  return instead(name, async () => ({}))
}

/** Instead of that call something else is done: what it gives need not be what the definition says. */
export function instead(name: string, give: () => Promise<object>): Breakage {
  return (platform) => ({
    ...platform,
    rpc: toRpc(async (rpc, input, options) =>
      rpc.name === name
        ? ((await give()) as TupleOf<{ fields: typeof rpc.output }>)
        : platform.rpc.call(rpc, input, options),
    ),
  })
}

/** An action of that name is answered and has another effect. */
export function pushing(
  name: string,
  push: (
    platform: CheckedPlatform,
    ...pushed: Parameters<CheckedPlatform['push']>
  ) => ReturnType<CheckedPlatform['push']>,
): Breakage {
  return (platform) => ({
    ...platform,
    push: (action, fields, id) =>
      action.name === name ? push(platform, action, fields, id) : platform.push(action, fields, id),
  })
}

/** A job of that name ends in another way. */
export function ending(name: string, end: (jobId: string) => Promise<object>): Breakage {
  return (platform) => ({
    ...platform,
    jobs: {
      ...platform.jobs,
      submit: async (job, input, options) => {
        const submitted = await platform.jobs.submit(job, input, options)
        if (job.name !== name) return submitted
        return {
          ...submitted,
          result: async () => (await end(submitted.jobId)) as Awaited<ReturnType<typeof submitted.result>>,
        }
      },
    },
  })
}
