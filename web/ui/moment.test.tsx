import { expect, test } from 'bun:test'
import { render } from 'solid-js/web'
import { Moment } from './moment.tsx'

test('a moment that comes to be written in another way is not read out again', () => {
  const root = document.createElement('p')
  root.setAttribute('role', 'alert')
  const dispose = render(() => <Moment at={0} />, root)
  expect(root.querySelector('time')?.getAttribute('aria-live')).toBe('off')
  dispose()
})
