import { expect, test } from 'bun:test'
import { AppendListeners } from './append-listeners.ts'

test('who stops listening twice does not silence who came after', () => {
  const listeners = new AppendListeners()
  let told = 0
  const stop = listeners.add(() => undefined, 'orders')
  stop()
  listeners.add(() => told++, 'orders')
  stop()
  listeners.tell(['orders'])
  expect(told).toBe(1)
})
