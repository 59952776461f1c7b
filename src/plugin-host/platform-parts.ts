import type { Decider } from '#action/decider.ts'
import { helpDecider } from '#action/help-decider.ts'
import { defineObservable, type ObservableDefinition } from '#observable/source/define-observable.ts'
import { helpRequestsModel } from '#projections/help-requests/help-requests.ts'
import { HelpRequest } from '#vortex/protocol/help-request.ts'
import type { LoadedPlugin } from './load-plugins.ts'

/** What the platform itself decides and shows the way plugins do; its projections are in `all-projections.ts`. */
export const platformDeciders: readonly Decider<unknown>[] = [helpDecider as Decider<unknown>]

const platformObservables: readonly ObservableDefinition[] = [
  defineObservable(HelpRequest, {
    from: helpRequestsModel,
    table: 'requests',
    selector: ['device', 'state'],
    orderBy: ['askedAt'],
    access: 'own-device',
  }),
]

/** All that is shown of read models here, the platform's own last: where one is to be chosen, people look for their plugins'. */
export function allObservables(plugins: readonly LoadedPlugin[]): readonly ObservableDefinition[] {
  return [...plugins.flatMap((plugin) => plugin.logic?.observables ?? []), ...platformObservables]
}
