import { expect, test } from 'bun:test'
import { createRoot, createSignal } from 'solid-js'
import { discardUnsavedInput, hasUnsavedInput, markUnsaved, useDirty } from './unsaved-input.ts'

/** What the browser would ask when the tab is closed now. */
function asksBeforeLeaving(): boolean {
  const event = new Event('beforeunload', { cancelable: true })
  window.dispatchEvent(event)
  return event.defaultPrevented
}

test('a page holds unsaved input exactly as long as one of its forms says so', () => {
  const [isDirty, setDirty] = createSignal(false)
  const dispose = createRoot((end) => {
    useDirty(isDirty)
    return end
  })
  expect(hasUnsavedInput()).toBe(false)
  setDirty(true)
  expect(hasUnsavedInput()).toBe(true)
  expect(asksBeforeLeaving()).toBe(true)
  setDirty(false)
  expect(hasUnsavedInput()).toBe(false)
  expect(asksBeforeLeaving()).toBe(false)

  setDirty(true)
  dispose()
  expect(hasUnsavedInput()).toBe(false)
})

test('one form that is sent does not speak for another', () => {
  const [first, second] = [markUnsaved(), markUnsaved()]
  first()
  expect(hasUnsavedInput()).toBe(true)
  second()
  second()
  expect(hasUnsavedInput()).toBe(false)
})

test('what a person gives up holds nothing up any more', () => {
  const release = markUnsaved()
  discardUnsavedInput()
  expect(hasUnsavedInput()).toBe(false)
  expect(asksBeforeLeaving()).toBe(false)
  release()
  expect(hasUnsavedInput()).toBe(false)
})
