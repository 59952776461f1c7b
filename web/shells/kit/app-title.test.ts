import { expect, test } from 'bun:test'
import { appTitle } from './app-title.ts'

test('an app is called by its installation and its own name, each once', () => {
  expect(appTitle({ title: 'Peek', app: 'field' })).toBe('Peek Field')
  expect(appTitle({ title: 'Northern Power Office', app: 'office' })).toBe('Northern Power Office')
})
