import { createEffect, createSignal, onCleanup, untrack } from 'solid-js'

/**
 * What people have typed on this page and nobody has kept yet: as long as there is any, an update of the app waits, and
 * the browser asks before it closes the tab.
 */
const [marks, setMarks] = createSignal<ReadonlySet<symbol>>(new Set())

/** Says that a form holds what would be lost with the page, as long as `isDirty` says so and the component lives. */
export function useDirty(isDirty: () => boolean): void {
  createEffect(() => {
    if (isDirty()) onCleanup(markUnsaved())
  })
}

/** For work that must not be cut off half way; ends with the call of what it returns. */
export function markUnsaved(): () => void {
  const mark = Symbol('unsaved')
  change((all) => all.add(mark))
  return () => change((all) => all.delete(mark))
}

/** For a deed that is not on the device yet. */
export async function whileUnsaved<T>(work: Promise<T>): Promise<T> {
  const release = markUnsaved()
  try {
    return await work
  } finally {
    release()
  }
}

export function hasUnsavedInput(): boolean {
  return marks().size > 0
}

/** The person has said that what is typed may go. */
export function discardUnsavedInput(): void {
  change((all) => all.clear())
}

function change(edit: (all: Set<symbol>) => void): void {
  const next = new Set(untrack(marks))
  edit(next)
  setMarks(next)
  if (next.size > 0) globalThis.addEventListener('beforeunload', askBeforeLeaving)
  else globalThis.removeEventListener('beforeunload', askBeforeLeaving)
}

function askBeforeLeaving(event: Event): void {
  event.preventDefault()
}
