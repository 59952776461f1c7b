import Check from 'lucide-solid/icons/check'
import Copy from 'lucide-solid/icons/copy'
import { createEffect, createSignal, type JSX, on, onCleanup, Show } from 'solid-js'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { TextArea } from './text-area.tsx'

const saidMs = 4_000

/** Copies a text of many lines, made when it is pressed; where the browser gives no clipboard it shows the text, selected. */
export function CopyButton(props: {
  /** What is copied, for the dialog: "The action as text". */
  readonly title: string
  text(): string
  readonly children: JSX.Element
}): JSX.Element {
  const [isCopied, setCopied] = createSignal(false)
  const [shown, setShown] = createSignal<string>()
  let timer: ReturnType<typeof setTimeout> | undefined
  let area: HTMLTextAreaElement | undefined
  onCleanup(() => clearTimeout(timer))
  createEffect(on(shown, (text) => text !== undefined && queueMicrotask(() => area?.select())))

  async function copy(): Promise<void> {
    clearTimeout(timer)
    const text = props.text()
    try {
      await navigator.clipboard.writeText(text)
      setCopied(true)
      timer = setTimeout(() => setCopied(false), saidMs)
    } catch {
      // Browsers give the clipboard to secure pages only: a site without TLS has none.
      setShown(text)
    }
  }
  return (
    <>
      <Button
        onClick={() => void copy()}
        icon={
          <Show when={isCopied()} fallback={<Copy class="size-4" aria-hidden="true" />}>
            <Check class="size-4" aria-hidden="true" />
          </Show>
        }
      >
        {isCopied() ? 'Copied' : props.children}
      </Button>
      <span aria-live="polite" class="sr-only">
        {isCopied() ? 'Copied.' : ''}
      </span>
      <Dialog
        open={shown() !== undefined}
        onClose={() => setShown(undefined)}
        title={props.title}
        words="This browser does not let pages copy. It is selected: copy it with Ctrl+C, or by holding it."
        actions={<Button onClick={() => setShown(undefined)}>Close</Button>}
      >
        <TextArea
          ref={area}
          label={props.title}
          class="font-mono"
          rows={10}
          readonly
          value={shown() ?? ''}
          onInput={() => undefined}
          onFocus={(event) => event.currentTarget.select()}
        />
      </Dialog>
    </>
  )
}
