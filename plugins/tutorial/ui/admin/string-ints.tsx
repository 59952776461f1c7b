import { createSignal, type JSX } from 'solid-js'
import { createStore } from 'solid-js/store'
import { useAction, useObservable } from '#web/sdk'
import { Card, ConfirmDialog, DataTable, EmptyState, LiveView, Page, PageTitle } from '#web/ui'
import { AddIntValue, DeleteStringInt, RenameStringInt } from '../../shared/actions.ts'
import { StringInt } from '../../shared/tuples.ts'
import { AddForm } from '../add-form.tsx'
import '../expectations.ts'
import { AddToIntForm } from './add-to-int-form.tsx'
import { RowButtons } from './row-buttons.tsx'
import type { Drafts, StringIntRow } from './string-int-row.ts'
import { TextCell } from './text-cell.tsx'

/** Add, rename and delete string ints, and add any number to one. Whatever is refused is said beside its row. */
export function Screen(): JSX.Element {
  const stringInts = useObservable(StringInt, () => ({}))
  const rename = useAction(RenameStringInt)
  const remove = useAction(DeleteStringInt)
  const addIntValue = useAction(AddIntValue)
  // Drafts live beside the rows, not in them: a row that changes under the editor's hands loses nothing typed.
  const [drafts, setDrafts] = createStore<Drafts>({})
  const [deleting, setDeleting] = createSignal<StringIntRow>()

  return (
    <Page>
      <PageTitle title="String ints" words="Texts with a number. Field and office see every change at once." />
      <div class="flex flex-col gap-5">
        <Card title="Add a string int">
          <AddForm />
        </Card>
        <Card title="String ints" flush>
          <LiveView of={stringInts}>
            <DataTable
              caption="String ints"
              rows={stringInts.rows}
              rowProps={(row) => ({ 'data-testid': `string-int-${row.id}` })}
              empty={<EmptyState title="No string ints yet" words="Add the first one above." />}
              columns={[
                {
                  title: 'Text',
                  isHeader: true,
                  cell: (row) => (
                    <TextCell
                      row={row}
                      rename={rename}
                      actions={[rename, remove, addIntValue]}
                      draft={drafts[row.id]?.rename}
                      onDraft={(draft) => setDrafts(row.id, (known) => ({ ...known, rename: draft }))}
                    />
                  ),
                },
                { title: 'Number', align: 'end', cell: (row) => <Int1 row={row} /> },
                {
                  title: 'Add to the number',
                  cell: (row) => (
                    <AddToIntForm
                      row={row}
                      action={addIntValue}
                      typed={drafts[row.id]?.offset ?? ''}
                      onTyped={(offset) => setDrafts(row.id, (known) => ({ ...known, offset }))}
                    />
                  ),
                },
                {
                  title: 'Actions',
                  hideTitle: true,
                  align: 'end',
                  cell: (row) => (
                    <RowButtons
                      row={row}
                      isRenaming={drafts[row.id]?.rename !== undefined}
                      onRename={() =>
                        setDrafts(row.id, (known) => ({
                          ...known,
                          rename: { typed: row.string1, sawString1: row.string1 },
                        }))
                      }
                      onDelete={() => setDeleting(row)}
                    />
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
          if (row !== undefined) void remove.push({ stringIntId: row.id })
        }}
        onClose={() => setDeleting(undefined)}
      />
    </Page>
  )
}

function Int1(props: { readonly row: StringIntRow }): JSX.Element {
  return (
    <span data-testid="int1" class="inline-flex min-h-touch items-center text-base font-semibold">
      {props.row.int1}
    </span>
  )
}
