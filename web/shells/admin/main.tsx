import { Navigate, Route, Router, useLocation } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { createPeek, PeekProvider } from '#web/sdk'
import { ConnectionPage } from '../kit/connection-page.tsx'
import { ManifestGate } from '../kit/manifest-gate.tsx'
import { NotFound } from '../kit/not-found.tsx'
import { pageBuild } from '../kit/page-build.ts'
import { PluginRoutes } from '../kit/plugin-routes.tsx'
import { startShell } from '../kit/start-shell.tsx'
import { AdminFrame } from './admin-frame.tsx'
import { AdminHome } from './admin-home.tsx'
import { ApiKeysPage } from './api-keys-page.tsx'
import { AuditEventPage } from './audit-event-page.tsx'
import { AuditPage } from './audit-page.tsx'
import { CallsPage } from './calls-page.tsx'
import { DevicesPage } from './devices-page.tsx'
import { EventStorePage } from './event-store-page.tsx'
import { EvidencePage } from './evidence-page.tsx'
import { JobPage } from './job-page.tsx'
import { JobsPage } from './jobs-page.tsx'
import { KnownDevicePage } from './known-device-page.tsx'
import { PastEntityPage } from './past-entity-page.tsx'
import { PastReplayPage } from './past-replay-page.tsx'
import { PastScreenPage } from './past-screen-page.tsx'
import { ProjectionPage } from './projection-page.tsx'
import { ProjectionsPage } from './projections-page.tsx'
import { ReactorsPage } from './reactors-page.tsx'
import { ServicesPage } from './services-page.tsx'
import { SessionGate, useSession } from './session-gate.tsx'
import { PluginSettingsPage, SettingsPage } from './settings-page.tsx'

/** The admin app. The connection is opened after sign-in: the session's cookie says who it is. */
startShell(() => (
  <SessionGate>
    <SignedInAdmin />
  </SessionGate>
))

/** Where the list of events was before: links to it are about. */
function ToAudit(): JSX.Element {
  const location = useLocation()
  return <Navigate href={`/audit${location.search}`} />
}

function SignedInAdmin(): JSX.Element {
  const peek = createPeek({ app: 'admin', build: pageBuild(), user: useSession().user })
  return (
    <PeekProvider peek={peek}>
      <ManifestGate>
        <Router root={AdminFrame}>
          <Route path="/" component={AdminHome} />
          <Route path="/services" component={ServicesPage} />
          <Route path="/devices" component={DevicesPage} />
          <Route path="/devices/:id" component={KnownDevicePage} />
          <Route path="/calls" component={CallsPage} />
          <Route path="/projections" component={ProjectionsPage} />
          <Route path="/projections/:plugin/:name" component={ProjectionPage} />
          <Route path="/reactors" component={ReactorsPage} />
          <Route path="/jobs" component={JobsPage} />
          <Route path="/jobs/:id" component={JobPage} />
          <Route path="/api-keys" component={ApiKeysPage} />
          <Route path="/event-store" component={EventStorePage} />
          <Route path="/audit" component={AuditPage} />
          <Route path="/audit/events/:id" component={AuditEventPage} />
          <Route path="/events" component={ToAudit} />
          <Route path="/evidence" component={EvidencePage} />
          <Route path="/as-it-was" component={PastScreenPage} />
          <Route path="/as-it-was/entity" component={PastEntityPage} />
          <Route path="/as-it-was/replay" component={PastReplayPage} />
          <Route path="/settings" component={SettingsPage} />
          <Route path="/settings/:plugin" component={PluginSettingsPage} />
          <Route path="/device" component={ConnectionPage} />
          <PluginRoutes />
          <Route path="*" component={NotFound} />
        </Router>
      </ManifestGate>
    </PeekProvider>
  )
}
