import type { JSX } from 'solid-js'
import { Page, PageTitle } from '#web/ui'
import { StringIntList } from '../string-int-list.tsx'
import { TaskList } from '../task-list.tsx'

export function Screen(): JSX.Element {
  return (
    <Page>
      <PageTitle title="String ints" words="Texts with a number, shared with everybody and always live." />
      <TaskList of="office" />
      <StringIntList />
    </Page>
  )
}
