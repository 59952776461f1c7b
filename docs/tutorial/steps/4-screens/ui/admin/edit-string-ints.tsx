import { createSignal, type JSX } from 'solid-js'
import type { TupleOf } from '#plugin-api/shared'
import { useAction, useObservable } from '#web/sdk'
import { Button, Card, ConfirmDialog, DataTable, EmptyState, LiveView, Page, PageTitle } from '#web/ui'
import { DeleteStringInt } from '../../shared/actions.ts'
import { StringInt } from '../../shared/tuples.ts'
import { AddForm } from './add-form.tsx'

/** Add and delete string ints. */
export function Screen(): JSX.Element {
  const stringInts = useObservable(StringInt, () => ({}))
  const remove = useAction(DeleteStringInt)
  const [deleting, setDeleting] = createSignal<TupleOf<typeof StringInt>>()

  return (
    <Page>
      <PageTitle title="String ints" words="Field and office see every change at once." />
      <div class="flex flex-col gap-5">
        <Card title="Add a string int">
          <AddForm />
        </Card>
        <Card title="String ints" flush>
          <LiveView of={stringInts}>
            <DataTable
              caption="String ints"
              rows={stringInts.rows}
              empty={<EmptyState title="No string ints yet" words="Add the first one above." />}
              columns={[
                { title: 'Text', isHeader: true, cell: (row) => <Cell>{row.string1}</Cell> },
                { title: 'Number', align: 'end', cell: (row) => <Cell>{row.int1}</Cell> },
                {
                  title: 'Actions',
                  hideTitle: true,
                  align: 'end',
                  cell: (row) => (
                    <Button tone="quiet" aria-label={`Delete ${row.string1}`} onClick={() => setDeleting(row)}>
                      Delete
                    </Button>
                  ),
                },
              ]}
            />
          </LiveView>
        </Card>
      </div>
      <ConfirmDialog
        open={deleting() !== undefined}
        title="Delete this string int?"
        words={`"${deleting()?.string1 ?? ''}" disappears from every screen. Its history stays in the log.`}
        confirm="Delete"
        danger
        onConfirm={() => {
          const row = deleting()
          if (row) void remove.push({ stringIntId: row.id })
        }}
        onClose={() => setDeleting(undefined)}
      />
    </Page>
  )
}

/** As tall as the button beside it. */
function Cell(props: { readonly children: JSX.Element }): JSX.Element {
  return <span class="inline-flex min-h-touch items-center">{props.children}</span>
}
