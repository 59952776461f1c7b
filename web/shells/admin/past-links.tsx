import CalendarClock from 'lucide-solid/icons/calendar-clock'
import { type JSX, Show } from 'solid-js'
import { ButtonLink } from '#web/ui'

/** From a recorded event to what was: its entity and the screens just behind it. */
export function PastLinks(props: {
  readonly stream: string
  readonly revision: number
  readonly position: string
}): JSX.Element {
  const isEntity = () => /^[^.]+\.[A-Z][A-Za-z0-9]*-./.test(props.stream)
  const entityHref = () =>
    `/as-it-was/entity?${new URLSearchParams({ stream: props.stream, revision: String(props.revision) })}`
  return (
    <div class="flex flex-wrap gap-2">
      <Show when={isEntity()}>
        <ButtonLink href={entityHref()} icon={<CalendarClock class="size-4" aria-hidden="true" />}>
          The entity as it was
        </ButtonLink>
      </Show>
      <ButtonLink
        href={`/as-it-was?${new URLSearchParams({ at: props.position })}`}
        icon={<CalendarClock class="size-4" aria-hidden="true" />}
      >
        Screens as they were
      </ButtonLink>
    </div>
  )
}
