import X from 'lucide-solid/icons/x'
import { createSignal, For, type JSX } from 'solid-js'

/** Short messages about what just happened. Only for what may be missed: a refusal belongs beside its row. */
export type Toast = { readonly id: number; readonly words: string }

const toastCountMax = 4
const toastLengthMs = 6_000
const [toasts, setToasts] = createSignal<readonly Toast[]>([])
let nextId = 1

export function showToast(words: string): void {
  const toast = { id: nextId++, words }
  setToasts((shown) => [...shown, toast].slice(-toastCountMax))
  setTimeout(() => dismissToast(toast.id), toastLengthMs)
}

export function dismissToast(id: number): void {
  setToasts((shown) => shown.filter((toast) => toast.id !== id))
}

/** Once in a shell: where toasts appear, and are read out. */
export function ToastRegion(): JSX.Element {
  return (
    <div
      role="status"
      aria-live="polite"
      class="pointer-events-none fixed inset-x-3 bottom-[max(0.75rem,env(safe-area-inset-bottom))] z-30 flex flex-col items-center gap-2 sm:items-end"
    >
      <For each={toasts()}>
        {(toast) => (
          <div class="pointer-events-auto flex max-w-sm items-start gap-3 rounded-control border border-line bg-raised py-2.5 pr-2 pl-4 text-sm shadow-raised">
            <span class="min-w-0 break-words">{toast.words}</span>
            <button
              type="button"
              aria-label="Dismiss message"
              onClick={() => dismissToast(toast.id)}
              class="inline-flex size-7 shrink-0 items-center justify-center rounded-control text-ink-muted hover:bg-hover"
            >
              <X class="size-4" aria-hidden="true" />
            </button>
          </div>
        )}
      </For>
    </div>
  )
}
