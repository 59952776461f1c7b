import { type JSX, Show } from 'solid-js'
import type { ActionHandle } from '#web/sdk'
import { Button, TextInput } from '#web/ui'
import type { RenameStringInt } from '../../shared/actions.ts'
import { PendingMark } from '../pending-mark.tsx'
import { RowNotices } from '../row-notices.tsx'
import type { RenameDraft, StringIntRow } from './string-int-row.ts'

/**
 * The text of a row, or the editor for it. A save carries the text the editor saw; when somebody else was faster it
 * is refused, what was typed stays, the text of now is shown, and saving again means it.
 */
export function TextCell(props: {
  readonly row: StringIntRow
  readonly rename: ActionHandle<typeof RenameStringInt>
  readonly actions: Parameters<typeof RowNotices>[0]['actions'] & Parameters<typeof PendingMark>[0]['actions']
  readonly draft: RenameDraft | undefined
  onDraft(draft: RenameDraft | undefined): void
}): JSX.Element {
  async function save(draft: RenameDraft): Promise<void> {
    props.rename.dismissRefusal(props.row.id)
    const { outcome } = props.rename.push({
      stringIntId: props.row.id,
      string1: draft.typed,
      wasString1: draft.sawString1,
    })
    const { is } = await outcome
    const isOver = is !== 'refused' && is !== 'not-kept'
    props.onDraft(isOver ? undefined : { typed: props.draft?.typed ?? draft.typed, sawString1: props.row.string1 })
  }

  return (
    <div class="min-w-64">
      <Show
        when={props.draft}
        fallback={
          <span data-testid="string1" class="inline-flex min-h-touch items-center wrap-anywhere">
            {props.row.string1}
          </span>
        }
      >
        {(draft) => (
          <form
            class="flex flex-wrap items-start gap-2"
            onSubmit={(event) => {
              event.preventDefault()
              void save(draft())
            }}
            onKeyDown={(event) => event.key === 'Escape' && props.onDraft(undefined)}
          >
            <TextInput
              label={`New text for ${props.row.string1}`}
              hideLabel
              class="flex-1 basis-48 font-normal"
              data-testid="rename-input"
              ref={(element: HTMLInputElement) => queueMicrotask(() => element.focus())}
              value={draft().typed}
              hint={draft().typed === props.row.string1 ? undefined : `Now: ${props.row.string1}`}
              onInput={(typed) => props.onDraft({ ...draft(), typed })}
            />
            <Button type="submit" tone="primary" data-testid="rename-save">
              Save
            </Button>
            <Button tone="quiet" data-testid="rename-cancel" onClick={() => props.onDraft(undefined)}>
              Cancel
            </Button>
          </form>
        )}
      </Show>
      <PendingMark stringIntId={props.row.id} actions={props.actions} />
      <div class="font-normal">
        <RowNotices stringIntId={props.row.id} actions={props.actions} />
      </div>
    </div>
  )
}
