import { createContext, createSignal, type JSX, Match, onMount, Switch, useContext } from 'solid-js'
import { ErrorPanel, Loading } from '#web/ui'
import { loadSignedInUser, logOut } from './admin-api.ts'
import { LoginPage } from './login-page.tsx'

type Session = {
  readonly user: string
  /** Ends the session and shows the sign-in page. */
  leave(): Promise<void>
  /**
   * Asks the server whether the session still holds. When it does not, shows the sign-in page; when somebody else has
   * signed in meanwhile (in another tab), starts the app anew as theirs. True when all is as before.
   */
  verify(): Promise<boolean>
}

type GateState =
  | { readonly state: 'asking' }
  | { readonly state: 'signed-in'; readonly user: string }
  | { readonly state: 'signed-out'; readonly words?: string }
  | { readonly state: 'unreachable'; readonly words: string }

const SessionContext = createContext<Session>()

/** Shows the app to somebody who is signed in, and the sign-in page to everybody else. */
export function SessionGate(props: { readonly children: JSX.Element }): JSX.Element {
  const [gate, setGate] = createSignal<GateState>({ state: 'asking' })
  const isIn = <S extends GateState['state']>(state: S) => {
    const current = gate()
    return current.state === state ? (current as Extract<GateState, { state: S }>) : undefined
  }

  async function ask(): Promise<void> {
    try {
      const user = await loadSignedInUser()
      setGate(user === undefined ? { state: 'signed-out' } : { state: 'signed-in', user })
    } catch (error) {
      setGate({ state: 'unreachable', words: error instanceof Error ? error.message : String(error) })
    }
  }

  async function verify(): Promise<boolean> {
    const shown = isIn('signed-in')?.user
    const user = await loadSignedInUser().catch(() => shown)
    if (user === undefined) setGate({ state: 'signed-out', words: 'The session has ended. Please sign in again.' })
    else if (user !== shown) setGate({ state: 'signed-in', user })
    return user !== undefined && user === shown
  }

  async function leave(): Promise<void> {
    await logOut()
    setGate({ state: 'signed-out' })
  }

  onMount(() => void ask())

  return (
    <Switch fallback={<Loading label="Asking who is signed in" />}>
      <Match when={isIn('signed-in')?.user} keyed>
        {(user) => <SessionContext.Provider value={{ user, leave, verify }}>{props.children}</SessionContext.Provider>}
      </Match>
      <Match when={isIn('signed-out')}>
        {(current) => (
          <LoginPage words={current().words} onSignedIn={(user) => setGate({ state: 'signed-in', user })} />
        )}
      </Match>
      <Match when={isIn('unreachable')}>
        {(current) => (
          <ErrorPanel title="The admin site cannot start yet" words={current().words} onRetry={() => void ask()} />
        )}
      </Match>
    </Switch>
  )
}

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (session === undefined) throw new Error('useSession needs a SessionGate around the component')
  return session
}
