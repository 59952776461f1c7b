import Check from 'lucide-solid/icons/check'
import Copy from 'lucide-solid/icons/copy'
import { createSignal, createUniqueId, type JSX, onCleanup, Show } from 'solid-js'
import { Button } from './button.tsx'
import { inputShape } from './text-input.tsx'
import { VisuallyHidden } from './visually-hidden.tsx'

const saidMs = 4_000

/** A text that somebody takes elsewhere: readable, selected at a touch, and copied by a button that says whether it worked. */
export function CopyField(props: { readonly label: string; readonly value: string }): JSX.Element {
  const id = createUniqueId()
  const [outcome, setOutcome] = createSignal<'copied' | 'selected'>()
  let input: HTMLInputElement | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))

  async function copy(): Promise<void> {
    clearTimeout(timer)
    try {
      await navigator.clipboard.writeText(props.value)
      setOutcome('copied')
      timer = setTimeout(() => setOutcome(undefined), saidMs)
    } catch {
      // Browsers give the clipboard to secure pages only: a site without TLS has none.
      input?.focus()
      input?.select()
      setOutcome('selected')
    }
  }
  return (
    <div>
      <label for={id} class="mb-1 block text-sm font-medium">
        {props.label}
      </label>
      <div class="flex gap-2">
        <input
          ref={input}
          id={id}
          type="text"
          readonly
          value={props.value}
          onFocus={(event) => event.currentTarget.select()}
          class={`${inputShape} min-w-0 flex-1 font-mono`}
        />
        <Button
          onClick={() => void copy()}
          icon={
            <Show when={outcome() === 'copied'} fallback={<Copy class="size-4" aria-hidden="true" />}>
              <Check class="size-4" aria-hidden="true" />
            </Show>
          }
        >
          {outcome() === 'copied' ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <p aria-live="polite" class="mt-1 text-sm text-ink-muted">
        <Show when={outcome() === 'copied'}>
          <VisuallyHidden>Copied.</VisuallyHidden>
        </Show>
        <Show when={outcome() === 'selected'}>It is selected: copy it with Ctrl+C, or ⌘C on a Mac.</Show>
      </p>
    </div>
  )
}
