import { Dialog as KobalteDialog } from '@kobalte/core/dialog'
import X from 'lucide-solid/icons/x'
import { createEffect, type JSX, on, Show } from 'solid-js'

export type DialogProps = {
  readonly open: boolean
  onClose(): void
  readonly title: string
  readonly words?: string
  readonly children?: JSX.Element
  /** Buttons, the safe choice first. */
  readonly actions?: JSX.Element
}

/**
 * A modal question: keeps the focus inside, closes on Escape, gives the focus back to who had it. The first field, or
 * else the safe choice, has the focus at first: the cross comes last.
 */
export function Dialog(props: DialogProps): JSX.Element {
  let opener: Element | null = null
  createEffect(
    on(
      () => props.open,
      (open) => {
        if (open) opener = document.activeElement
      },
    ),
  )
  function giveFocusBack(event: Event): void {
    event.preventDefault()
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus()
  }

  return (
    <KobalteDialog open={props.open} onOpenChange={(open) => !open && props.onClose()}>
      <KobalteDialog.Portal>
        <KobalteDialog.Overlay class="fixed inset-0 z-40 bg-[oklch(0.15_0.01_230_/_0.5)]" />
        <div class="fixed inset-0 z-50 grid place-items-end overflow-y-auto p-3 sm:place-items-center">
          <KobalteDialog.Content
            onCloseAutoFocus={giveFocusBack}
            class="relative w-full max-w-md rounded-card border border-line bg-raised p-5 shadow-raised outline-none"
          >
            <KobalteDialog.Title class="pr-touch text-lg font-semibold wrap-anywhere">
              {props.title}
            </KobalteDialog.Title>
            <Show when={props.words}>
              <KobalteDialog.Description class="mt-1 text-sm wrap-anywhere text-ink-muted">
                {props.words}
              </KobalteDialog.Description>
            </Show>
            <Show when={'children' in props}>
              <div class="mt-4">{props.children}</div>
            </Show>
            <Show when={props.actions}>
              <div class="mt-6 flex flex-wrap justify-end gap-2">{props.actions}</div>
            </Show>
            <KobalteDialog.CloseButton
              aria-label="Close"
              class="absolute top-2.5 right-2.5 inline-flex size-touch items-center justify-center rounded-control text-ink-muted hover:bg-hover"
            >
              <X class="size-5" aria-hidden="true" />
            </KobalteDialog.CloseButton>
          </KobalteDialog.Content>
        </div>
      </KobalteDialog.Portal>
    </KobalteDialog>
  )
}
