import type { JSX } from 'solid-js'
import { Page } from '#web/ui'
import { StringIntList } from '../string-int-list.tsx'
import { TaskList } from '../task-list.tsx'

export function Screen(): JSX.Element {
  return (
    <Page narrow>
      <h1 class="sr-only">String ints</h1>
      <TaskList of="field" />
      <StringIntList />
    </Page>
  )
}
