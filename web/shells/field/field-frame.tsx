import { type RouteSectionProps, useNavigate } from '@solidjs/router'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import House from 'lucide-solid/icons/house'
import { type JSX, Show } from 'solid-js'
import { AppFrame, AppHeader, IconButton, IconLink, ToastRegion } from '#web/ui'
import { appTitle } from '../kit/app-title.ts'
import { ConnectionBanner } from '../kit/connection-status.tsx'
import { useDeviceStore } from '../kit/device/use-device-store.ts'
import { EffectBanner } from '../kit/effect-notices.tsx'
import { useAppManifest } from '../kit/manifest-gate.tsx'
import { StatusChip } from '../kit/status-chip.tsx'
import { UpdateBanner } from '../kit/update-banner.tsx'
import { usePageName } from '../kit/use-page-name.ts'

export function FieldFrame(props: RouteSectionProps): JSX.Element {
  const app = useAppManifest()
  const navigate = useNavigate()
  const store = useDeviceStore()
  const title = usePageName({ '/': appTitle(app.manifest), '/device': 'This device', '/outbox': 'Outbox' })
  const isHome = () => props.location.pathname === '/'
  return (
    <AppFrame
      header={
        <AppHeader>
          <Show when={!isHome()} fallback={<span class="w-2" />}>
            <IconButton
              label="Back"
              icon={<ArrowLeft aria-hidden="true" />}
              onClick={() => (hasOwnPageBehind() ? navigate(-1) : navigate('/'))}
            />
          </Show>
          <p class="min-w-0 flex-1 truncate py-3 text-lg leading-6 font-semibold tracking-tight">{title()}</p>
          <StatusChip />
          <Show when={!isHome()}>
            <IconLink href="/" label="Home" icon={<House aria-hidden="true" />} />
          </Show>
        </AppHeader>
      }
      banner={
        <>
          <ConnectionBanner isCalm={store.isDurable()} />
          <EffectBanner />
          <UpdateBanner />
        </>
      }
    >
      {props.children}
      <ToastRegion />
    </AppFrame>
  )
}

/** Whoever came by a link from elsewhere, or whose browser cannot tell, goes home: back would leave the app. */
function hasOwnPageBehind(): boolean {
  const navigation: Navigation | undefined = window.navigation
  return navigation?.canGoBack ?? false
}
