import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test'
import { cleanup, fireEvent, render, screen, waitFor } from '@solidjs/testing-library'
import { onCleanup } from 'solid-js'
import { SessionGate, useSession } from './session-gate.tsx'

let signedIn: string | undefined
let isReachable = true
let restoreFetch: () => void
let opened: string[] = []
let closed: string[] = []
let verdicts: boolean[] = []

beforeEach(() => {
  ;[signedIn, isReachable, opened, closed, verdicts] = ['ada', true, [], [], []]
  const answer = async (url: string): Promise<Response> => {
    if (!isReachable) throw new Error('no network')
    if (url === '/api/logout') signedIn = undefined
    if (url === '/api/logout') return Response.json({})
    return signedIn === undefined ? Response.json({}, { status: 401 }) : Response.json({ user: signedIn })
  }
  const spy = spyOn(globalThis, 'fetch').mockImplementation(
    Object.assign((input: unknown) => answer(String(input)), { preconnect: () => undefined }),
  )
  restoreFetch = () => spy.mockRestore()
  render(() => (
    <SessionGate>
      <Inside />
    </SessionGate>
  ))
})
afterEach(() => {
  cleanup()
  restoreFetch()
})

/** Stands for the app: it opens a connection for whoever is signed in. */
function Inside() {
  const { user, leave, verify } = useSession()
  opened.push(user)
  onCleanup(() => closed.push(user))
  return (
    <>
      <p>This is {user}</p>
      <button type="button" onClick={() => void verify().then((isAsBefore) => verdicts.push(isAsBefore))}>
        Verify
      </button>
      <button type="button" onClick={() => void leave()}>
        Leave
      </button>
    </>
  )
}
const press = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }))
const verified = (count: number) => waitFor(() => expect(verdicts).toHaveLength(count))

test('a session that holds leaves the app as it is', async () => {
  await press('Verify')
  await verified(1)
  isReachable = false
  await press('Verify')
  await verified(2)
  expect({ verdicts, opened, closed }).toEqual({ verdicts: [true, true], opened: ['ada'], closed: [] })
})

test('somebody else who signed in meanwhile gets an app, and a connection, of their own', async () => {
  await screen.findByText('This is ada')
  signedIn = 'bob'
  await press('Verify')
  expect(await screen.findByText('This is bob')).toBeDefined()
  await verified(1)
  expect({ verdicts, opened, closed }).toEqual({ verdicts: [false], opened: ['ada', 'bob'], closed: ['ada'] })
})

test('an ended session ends the app with its connection', async () => {
  await screen.findByText('This is ada')
  signedIn = undefined
  await press('Verify')
  expect(await screen.findByText(/session has ended/)).toBeDefined()
  expect(closed).toEqual(['ada'])
})

test('leaving shows the sign-in page', async () => {
  await press('Leave')
  expect(await screen.findByRole('button', { name: 'Sign in' })).toBeDefined()
  expect({ opened, closed }).toEqual({ opened: ['ada'], closed: ['ada'] })
})
