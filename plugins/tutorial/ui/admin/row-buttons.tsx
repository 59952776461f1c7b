import Pencil from 'lucide-solid/icons/pencil'
import Trash from 'lucide-solid/icons/trash'
import { createEffect, type JSX, on } from 'solid-js'
import { Button, IconButton } from '#web/ui'
import type { StringIntRow } from './string-int-row.ts'

export function RowButtons(props: {
  readonly row: StringIntRow
  readonly isRenaming: boolean
  onRename(): void
  onDelete(): void
}): JSX.Element {
  let renameButton: HTMLButtonElement | undefined
  // The editor is gone, and with it the focus, unless the person has moved on meanwhile.
  createEffect(
    on(
      () => props.isRenaming,
      (isRenaming, wasRenaming) => {
        if (wasRenaming && !isRenaming && document.activeElement === document.body) renameButton?.focus()
      },
    ),
  )
  return (
    <div class="flex items-center justify-end gap-1">
      <Button
        ref={renameButton}
        data-testid="rename"
        tone="quiet"
        aria-label={`Rename ${props.row.string1}`}
        disabled={props.isRenaming}
        icon={<Pencil class="size-4" aria-hidden="true" />}
        onClick={() => props.onRename()}
      >
        Rename
      </Button>
      <IconButton
        data-testid="delete"
        label={`Delete ${props.row.string1}`}
        icon={<Trash aria-hidden="true" />}
        onClick={() => props.onDelete()}
      />
    </div>
  )
}
