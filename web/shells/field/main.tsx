import { Route, Router } from '@solidjs/router'
import { createPeek, PeekProvider } from '#web/sdk'
import { DeviceRoutes } from '../kit/device/device-routes.tsx'
import { ManifestGate } from '../kit/manifest-gate.tsx'
import { NotFound } from '../kit/not-found.tsx'
import { OutboxRoutes } from '../kit/outbox/outbox-routes.tsx'
import { pageBuild } from '../kit/page-build.ts'
import { PluginRoutes } from '../kit/plugin-routes.tsx'
import { startShell } from '../kit/start-shell.tsx'
import { FieldFrame } from './field-frame.tsx'
import { FieldHome } from './field-home.tsx'

/** The field app: touch first, one page at a time. */
startShell(() => {
  const peek = createPeek({ app: 'field', build: pageBuild() })
  return (
    <PeekProvider peek={peek}>
      <ManifestGate>
        <Router root={FieldFrame}>
          <Route path="/" component={FieldHome} />
          <DeviceRoutes />
          <OutboxRoutes />
          <PluginRoutes />
          <Route path="*" component={NotFound} />
        </Router>
      </ManifestGate>
    </PeekProvider>
  )
})
