import { accept, decideOn, defineDecider, evolveOn, reject } from '#plugin-api'
import { BeginRun, EndRun, ForgetRun, NoteResult } from '../shared/actions.ts'

type RunState = {
  readonly stage: 'none' | 'running' | 'ended' | 'forgotten'
  readonly open: readonly string[]
}

/** A run of the checks: each has one result, as long as the run goes on. */
export const run = defineDecider<RunState>({
  category: 'Run',
  initialState: () => ({ stage: 'none', open: [] }),
  decide: [
    decideOn(BeginRun, (_, { stage }) =>
      stage === 'none' ? accept() : reject('run-known', 'This run began already.'),
    ),
    decideOn(NoteResult, ({ check }, { stage, open }) => {
      if (stage !== 'running') return reject('run-not-running', 'This run is not under way.')
      if (!open.includes(check)) return reject('not-open', `This run waits for no result of "${check}".`)
      return accept()
    }),
    decideOn(EndRun, ({ state }, { stage, open }) => {
      if (stage !== 'running') return reject('run-not-running', 'This run is not under way.')
      if (state === 'finished' && open.length > 0) return reject('checks-open', `Still open: ${open.join(', ')}.`)
      return accept()
    }),
    decideOn(ForgetRun, (_, { stage }) =>
      stage === 'ended' ? accept() : reject('run-not-ended', 'Only a run that has ended is taken out of the list.'),
    ),
  ],
  evolve: [
    evolveOn(BeginRun, (_, { checks }) => ({ stage: 'running', open: [...checks] })),
    evolveOn(NoteResult, (state, { check }) => ({ ...state, open: state.open.filter((name) => name !== check) })),
    evolveOn(EndRun, () => ({ stage: 'ended', open: [] })),
    evolveOn(ForgetRun, () => ({ stage: 'forgotten', open: [] })),
  ],
})
