import { useLocation } from '@solidjs/router'
import House from 'lucide-solid/icons/house'
import MapPinOff from 'lucide-solid/icons/map-pin-off'
import type { JSX } from 'solid-js'
import { ButtonLink, EmptyState, Page } from '#web/ui'

export function NotFound(): JSX.Element {
  const location = useLocation()
  return (
    <Page narrow>
      <h1 class="sr-only">Page not found</h1>
      <EmptyState
        icon={<MapPinOff aria-hidden="true" />}
        title="There is no page here"
        words={`Nothing is known under ${location.pathname}. The plugin may have been removed, or the link is old.`}
        actions={
          <ButtonLink href="/" icon={<House class="size-4" aria-hidden="true" />}>
            Go to the start page
          </ButtonLink>
        }
      />
    </Page>
  )
}
