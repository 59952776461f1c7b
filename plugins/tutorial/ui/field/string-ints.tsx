import type { JSX } from 'solid-js'
import { Card, Page } from '#web/ui'
import { AddForm } from '../add-form.tsx'
import { StringIntList } from '../string-int-list.tsx'

export function Screen(): JSX.Element {
  return (
    <Page narrow>
      <h1 class="sr-only">String ints</h1>
      <div class="flex flex-col gap-5">
        <StringIntList />
        <Card title="Add a string int">
          <AddForm />
        </Card>
      </div>
    </Page>
  )
}
