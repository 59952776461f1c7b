import { expect, test } from 'bun:test'
import { cleanup, fireEvent, render, screen } from '@solidjs/testing-library'
import { createSignal } from 'solid-js'
import { Button } from './button.tsx'

test('a busy button keeps its place, says that it is busy and cannot be pressed', () => {
  const [busy, setBusy] = createSignal(false)
  let pressCount = 0
  render(() => (
    <Button busy={busy()} onClick={() => pressCount++}>
      Save
    </Button>
  ))
  const button = screen.getByRole('button')
  fireEvent.click(button)
  setBusy(true)
  fireEvent.click(button)
  expect(pressCount).toBe(1)
  expect(button.getAttribute('aria-busy')).toBe('true')
  setBusy(false)
  fireEvent.click(button)
  expect(pressCount).toBe(2)
  cleanup()
})
