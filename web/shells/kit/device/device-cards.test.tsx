import { afterEach, describe, expect, test } from 'bun:test'
import { cleanup, fireEvent, render, screen, waitFor, within } from '@solidjs/testing-library'
import { createRoot, createSignal } from 'solid-js'
import { CachedCard } from './cached-card.tsx'
import { createDeviceStorage } from './device-storage.ts'
import type { PackFacts } from './kept-facts.ts'
import { createLastContact } from './last-contact.ts'
import { PacksCard } from './packs-card.tsx'
import type { ReadinessCheck } from './readiness.ts'
import { ReadinessCard } from './readiness-card.tsx'
import { StorageCard } from './storage-card.tsx'

afterEach(cleanup)
const pluginTitle = () => 'Tutorial'

test('each check says in a word how it stands, and has the button that mends it', () => {
  const done: string[] = []
  const checks: readonly ReadinessCheck[] = [
    { id: 'app', title: 'The app', state: 'missing', words: 'Not here.', todo: 'check-app' },
    { id: 'outbox', title: 'What you did', state: 'missing', words: '1 action.', todo: 'open-outbox' },
    { id: 'clock', title: 'Clock', state: 'ok', words: 'It agrees.' },
  ]
  render(() => <ReadinessCard checks={checks} onTodo={(todo) => done.push(todo)} />)
  expect(screen.getByTestId('readiness').textContent).toBe('Not ready: 2 things missing.')
  expect(screen.getByTestId('ready-app').textContent).toContain('(missing)')
  expect(screen.getByTestId('ready-clock').textContent).toContain('(ready)')
  fireEvent.click(screen.getByText('Fetch the app'))
  expect(done).toEqual(['check-app'])
  expect(screen.getByText('Open the outbox').getAttribute('href')).toBe('/outbox')
})

describe('what is taken along', () => {
  const packs: readonly PackFacts[] = [
    { name: 'a', title: 'District', plugin: 'tutorial', missingCount: 4 },
    { name: 'b', title: 'Switches', plugin: 'tutorial', missingCount: 0, fetchedAt: 1, bytes: 2_000 },
    { name: 'c', title: 'Cables', plugin: 'tutorial', missingCount: 1, progress: 0.5 },
    { name: 'd', title: 'Poles', plugin: 'tutorial', missingCount: 0, bytes: 0 },
  ]
  function show(isOnline = true): { asked: string[] } {
    const asked: string[] = []
    render(() => (
      <PacksCard
        packs={packs}
        isOnline={isOnline}
        pluginTitle={pluginTitle}
        fetch={async (name) => void asked.push(`fetch ${name}`)}
        remove={async (name) => void asked.push(`remove ${name}`)}
      />
    ))
    return { asked }
  }

  test('is fetched all at once, but for what is under way', () => {
    const { asked } = show()
    fireEvent.click(screen.getByText('Fetch all'))
    expect(asked).toEqual(['fetch a', 'fetch b', 'fetch d'])
    expect(screen.getByRole('progressbar', { name: 'Fetching Cables' }).getAttribute('aria-valuenow')).toBe('50')
  })

  test('is removed only after a question', async () => {
    const { asked } = show()
    fireEvent.click(within(screen.getByTestId('pack-b')).getByRole('button', { name: /Remove/ }))
    const dialog = await screen.findByRole('dialog')
    expect(asked).toEqual([])
    fireEvent.click(within(dialog).getByText('Remove'))
    await waitFor(() => expect(asked).toEqual(['remove b']))
  })

  test('can be removed when it never came whole, and not when there is nothing of it', () => {
    show()
    const removes = (pack: string) => within(screen.getByTestId(pack)).queryAllByRole('button', { name: /Remove/ })
    expect([removes('pack-a').length, removes('pack-d').length]).toEqual([1, 0])
  })

  test('cannot be fetched without a connection, and can be removed', () => {
    show(false)
    const isDisabled = (name: RegExp) =>
      within(screen.getByTestId('pack-b')).getByRole('button', { name }).hasAttribute('disabled')
    expect([isDisabled(/Fetch/), isDisabled(/Remove/)]).toEqual([true, false])
  })
})

test('what is kept is told by plugin, with how often it was wrong', () => {
  const cached = [{ plugin: 'tutorial', selectorCount: 2, bytes: 5_000, oldestAt: Date.now() - 3_600_000 }]
  render(() => <CachedCard cached={cached} driftCount={1} pluginTitle={pluginTitle} />)
  expect(screen.getByTestId('cached-tutorial').textContent).toMatch(/Tutorial.*2 views.*5\.0 kB.*1 h ago/)
  expect(screen.getByTestId('drift').textContent).toContain('1 time ')
})

describe('storage', () => {
  const show = (props: Partial<Parameters<typeof StorageCard>[0]>) =>
    render(() => (
      <StorageCard
        storage={{ usedBytes: 1, quotaBytes: 10, isPersistent: false }}
        isDurable
        isSecure
        askToPersist={async () => false}
        {...props}
      />
    ))

  test('that may be cleared can be asked to stay, and it is said when the browser does not agree', async () => {
    show({})
    fireEvent.click(screen.getByText('Ask it to stay'))
    expect(await screen.findByText(/The browser did not agree/)).toBeTruthy()
  })

  test('that is not there is explained: the address, or the browser', () => {
    show({ isDurable: false, isSecure: false })
    expect(screen.getByTestId('storage-none').textContent).toContain('https')
    cleanup()
    show({ isDurable: false, isSecure: true })
    expect(screen.getByTestId('storage-none').textContent).toContain('private window')
  })

  test('that was cleared is not passed over', () => {
    show({ lostAt: 1 })
    expect(screen.getByTestId('storage-lost').textContent).toContain('cleared')
  })

  test('of a browser that tells nothing is not known, and cannot be asked for', async () => {
    await createRoot(async (dispose) => {
      const storage = createDeviceStorage({} as StorageManager)
      expect(await storage.askToPersist()).toBe(false)
      expect(storage.facts()).toEqual({})
      dispose()
    })
  })
})

test('the last contact is known to the next page, also where it has none itself', () => {
  const texts = new Map<string, string>()
  const kept = () => ({
    getItem: (key: string) => texts.get(key) ?? null,
    setItem: (key: string, text: string) => void texts.set(key, text),
  })
  const [isOnline, setOnline] = createSignal(false)
  const page = () => createRoot((dispose) => ({ at: createLastContact({ app: 'field', isOnline, kept }), dispose }))
  const first = page()
  expect(first.at()).toBeUndefined()
  setOnline(true)
  expect(first.at()).toBeNumber()
  first.dispose()
  setOnline(false)
  const second = page()
  expect(second.at()).toBeNumber()
  second.dispose()
})
