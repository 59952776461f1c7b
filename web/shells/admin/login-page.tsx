import LogIn from 'lucide-solid/icons/log-in'
import { createSignal, type JSX, Show } from 'solid-js'
import { Button, InlineNotice, TextInput } from '#web/ui'
import { logIn } from './admin-api.ts'

/** Sign-in with name and password, in a form that password stores recognise. */
export function LoginPage(props: { onSignedIn(user: string): void; readonly words?: string | undefined }): JSX.Element {
  const [user, setUser] = createSignal('')
  const [password, setPassword] = createSignal('')
  const [busy, setBusy] = createSignal(false)
  const [error, setError] = createSignal<string>()

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    if (busy()) return
    if (user().trim() === '' || password() === '') {
      setError('Please fill in both the user name and the password.')
      return
    }
    setBusy(true)
    setError(undefined)
    try {
      props.onSignedIn(await logIn(user().trim(), password()))
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause))
    } finally {
      setBusy(false)
    }
  }

  return (
    <main class="grid min-h-dvh place-items-center px-4 py-10">
      <div class="w-full max-w-sm">
        <div class="mb-6 flex items-center gap-3">
          <img src="/favicon.svg" alt="" class="size-10" />
          <div>
            <h1 class="text-xl leading-tight font-semibold tracking-tight">Peek Admin</h1>
            <p class="text-sm text-ink-muted">Sign in to look after the platform.</p>
          </div>
        </div>
        <form
          onSubmit={(event) => void submit(event)}
          class="flex flex-col gap-4 rounded-card border border-line bg-surface p-5"
          novalidate
        >
          <TextInput
            label="User name"
            name="username"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            autofocus
            value={user()}
            onInput={setUser}
          />
          <TextInput
            label="Password"
            name="password"
            type="password"
            autocomplete="current-password"
            value={password()}
            onInput={setPassword}
          />
          <Show when={error() ?? props.words}>
            {(words) => (
              <InlineNotice tone={error() === undefined ? 'info' : 'alarm'} testId="login-error">
                {words()}
              </InlineNotice>
            )}
          </Show>
          <Button type="submit" tone="primary" busy={busy()} icon={<LogIn class="size-4" aria-hidden="true" />}>
            Sign in
          </Button>
        </form>
      </div>
    </main>
  )
}
