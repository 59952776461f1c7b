import type { Plan, Step } from './plan.ts'

/**
 * The shortest plan found that still fails in the same way: steps are left out in ever smaller runs, as long as what is left
 * fails. A plan that fails by another law is another story, so it is not taken for the same.
 */
export async function shrinkPlan(
  plan: Plan,
  fails: (plan: Plan) => Promise<boolean>,
  triesMax = 300,
): Promise<{ readonly plan: Plan; readonly tries: number }> {
  let steps: readonly Step[] = plan.steps
  let tries = 0
  const failsWith = async (left: readonly Step[]): Promise<boolean> => {
    tries += 1
    return fails({ ...plan, steps: left })
  }
  for (let length = Math.ceil(steps.length / 2); length >= 1; length = length === 1 ? 0 : Math.ceil(length / 2)) {
    for (let from = 0; from < steps.length && tries < triesMax; ) {
      const left = [...steps.slice(0, from), ...steps.slice(from + length)]
      if (await failsWith(left)) steps = left
      else from += length
    }
  }
  return { plan: { ...plan, steps }, tries }
}
