import { describe, expect, test } from 'bun:test'
import { appShellSupport, appShellWords, toAppShellState } from './app-shell-state.ts'
import { offerWords } from './app-update.ts'
import type { EditionFacts } from './offline/worker-messages.ts'

const current: EditionFacts = {
  id: 'edition-1',
  shell: 'shell-1',
  build: '1.0.0',
  plugins: [{ id: 'lines', title: 'Lines' }],
  fileCount: 20,
  sizeBytes: 300_000,
  savedAt: 5,
}
const secure = { isSecureContext: true, hasServiceWorker: true }

describe('the app on this device', () => {
  test('is whole only when every file of it is here', () => {
    expect(toAppShellState('kept', '1.0.0', undefined).isWhole).toBe(false)
    expect(toAppShellState('kept', '1.0.0', { missing: [] }).isWhole).toBe(false)
    expect(toAppShellState('kept', '1.0.0', { current, missing: ['/'] }).isWhole).toBe(false)
    expect(toAppShellState('insecure', '1.0.0', { current, missing: [] }).isWhole).toBe(false)
    expect(toAppShellState('kept', '1.0.0', { current, missing: [] })).toMatchObject({
      isWhole: true,
      fileCount: 20,
      savedAt: 5,
    })
  })

  test('cannot be kept where the browser or the service does not, and says what to do', () => {
    expect(appShellSupport(undefined, secure)).toBe('kept')
    expect(appShellSupport({ offline: 'kept' }, { ...secure, isSecureContext: false })).toBe('insecure')
    expect(appShellSupport({ offline: 'kept' }, { ...secure, hasServiceWorker: false })).toBe('unsupported')
    expect(appShellSupport({ offline: 'removed' }, secure)).toBe('switched-off')
    expect(appShellSupport({ offline: 'none' }, { ...secure, isSecureContext: false })).toBe('not-offered')
    expect(appShellWords(toAppShellState('insecure', '', undefined))).toContain('https')
  })

  test('says in words how far it is', () => {
    const wordsOf = (facts: Parameters<typeof toAppShellState>[2]) => appShellWords(toAppShellState('kept', '', facts))
    expect(wordsOf({ missing: [], fetching: { fetchedCount: 3, fileCount: 20 } })).toContain('3 of 20')
    expect(wordsOf({ missing: [], trouble: 'The server is away' })).toBe('The server is away')
    expect(wordsOf({ current, missing: ['/a', '/b'] })).toContain('2 of 20 files are missing')
    expect(wordsOf({ current, missing: [] })).toContain('starts without a network')
  })
})

describe('an offer', () => {
  test('says which version comes, and which plugins come and go with it', () => {
    const words = offerWords({ build: '1.1.0', plugins: [{ id: 'poles', title: 'Poles' }] }, '1.0.0', current.plugins)
    expect(words).toStartWith('Version 1.1.0, in place of 1.0.0,')
    expect(words).toContain('It brings Poles. It takes away Lines.')
  })

  test('does not pretend that another build of one version has another number', () => {
    expect(offerWords(current, '1.0.0', current.plugins)).toStartWith('Another build of version 1.0.0 is ready')
  })
})
