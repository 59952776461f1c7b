import { Route, Router } from '@solidjs/router'
import { createPeek, PeekProvider } from '#web/sdk'
import { DeviceRoutes } from '../kit/device/device-routes.tsx'
import { ManifestGate } from '../kit/manifest-gate.tsx'
import { NotFound } from '../kit/not-found.tsx'
import { OutboxRoutes } from '../kit/outbox/outbox-routes.tsx'
import { pageBuild } from '../kit/page-build.ts'
import { PluginRoutes } from '../kit/plugin-routes.tsx'
import { startShell } from '../kit/start-shell.tsx'
import { OfficeFrame } from './office-frame.tsx'
import { OfficeHome } from './office-home.tsx'

/** The office app: for desks and control rooms, navigation always in sight. */
startShell(() => {
  const peek = createPeek({ app: 'office', build: pageBuild() })
  return (
    <PeekProvider peek={peek}>
      <ManifestGate>
        <Router root={OfficeFrame}>
          <Route path="/" component={OfficeHome} />
          <DeviceRoutes />
          <OutboxRoutes />
          <PluginRoutes />
          <Route path="*" component={NotFound} />
        </Router>
      </ManifestGate>
    </PeekProvider>
  )
})
