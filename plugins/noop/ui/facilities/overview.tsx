import { For, type JSX } from 'solid-js'
import { Card, List, ListRow } from '#web/ui'
import { checkList, type Facility, facilities, facilityOf } from '../../shared/check-list.ts'
import { NoopFrame } from '../noop-frame.tsx'

/** What is checked, for people who cannot run the checks here. */
export function Screen(): JSX.Element {
  const names = Object.keys(facilities).filter((name): name is Facility => name in facilities)
  return (
    <NoopFrame
      title="Noop"
      words="Tries out everything the platform promises to plugins. The pages above are for trying by hand; administrators run all checks at once on the admin app."
    >
      <For each={names}>
        {(facility) => (
          <Card title={facilities[facility]} flush>
            <List label={facilities[facility]}>
              <For each={checkList.filter(({ name }) => facilityOf(name) === facility)}>
                {(check) => <ListRow>{check.title}</ListRow>}
              </For>
            </List>
          </Card>
        )}
      </For>
    </NoopFrame>
  )
}
