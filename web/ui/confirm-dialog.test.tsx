import { expect, test } from 'bun:test'
import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library'
import { createSignal } from 'solid-js'
import { ConfirmDialog } from './confirm-dialog.tsx'

function showDialog(onConfirm: (reason: string) => Promise<void>) {
  const [open, setOpen] = createSignal(true)
  render(() => (
    <ConfirmDialog
      open={open()}
      title="Reset?"
      words="All rows are filled again."
      confirm="Reset"
      reasonLabel="Reason"
      onConfirm={onConfirm}
      onClose={() => setOpen(false)}
    />
  ))
  return {
    open,
    reason: () => screen.getByLabelText<HTMLInputElement>('Reason'),
    confirm: () => fireEvent.click(screen.getByText('Reset')),
  }
}

test('a dialog that asks for a reason does nothing without one, and says so', () => {
  const reasons: string[] = []
  const dialog = showDialog(async (reason) => void reasons.push(reason))
  dialog.confirm()
  expect(reasons).toEqual([])
  expect(dialog.reason().getAttribute('aria-invalid')).toBe('true')
  cleanup()
})

test('a dialog hands over the typed reason and closes when the work is done', async () => {
  const reasons: string[] = []
  const done = Promise.withResolvers<void>()
  const dialog = showDialog(async (reason) => {
    reasons.push(reason)
    await done.promise
  })
  fireEvent.input(dialog.reason(), { target: { value: ' wrong rows ' } })
  dialog.confirm()
  expect(dialog.open()).toBe(true)
  done.resolve()
  await done.promise
  await Promise.resolve()
  await Promise.resolve()
  expect(dialog.open()).toBe(false)
  expect(reasons).toEqual(['wrong rows'])
  cleanup()
})

test('a dialog whose work fails stays open with the reason as typed, and says why', async () => {
  const dialog = showDialog(() => Promise.reject(new Error('It is already resetting.')))
  fireEvent.input(dialog.reason(), { target: { value: 'again' } })
  dialog.confirm()
  expect(await screen.findByText('It is already resetting.')).toBeTruthy()
  expect(dialog.open()).toBe(true)
  expect(dialog.reason().value).toBe('again')
  cleanup()
})
