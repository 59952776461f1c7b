import { Route } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { lazyPage } from '../lazy-page.tsx'

const OutboxPage = lazyPage('The outbox', async () => (await import('./outbox-page.tsx')).OutboxPage)
const ActionPage = lazyPage('The action', async () => (await import('./action-page.tsx')).ActionPage)
const ResendPage = lazyPage('The form', async () => (await import('./resend-page.tsx')).ResendPage)

/** The pages about what this device has done. */
export function OutboxRoutes(): JSX.Element {
  return (
    <>
      <Route path="/outbox" component={OutboxPage} />
      <Route path="/outbox/:id" component={ActionPage} />
      <Route path="/outbox/:id/edit" component={ResendPage} />
    </>
  )
}
