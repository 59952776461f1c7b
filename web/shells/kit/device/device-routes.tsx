import { Route } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { lazyPage } from '../lazy-page.tsx'

const DevicePage = lazyPage('This device', async () => (await import('./device-page.tsx')).DevicePage)

/** The page about the device itself. */
export function DeviceRoutes(): JSX.Element {
  return <Route path="/device" component={DevicePage} />
}
