import type { RecordedEvent } from '#event-store/event-store.ts'
import { upcastEvent } from '#event-store/upcast.ts'
import type { ReadEvent } from '../fold.ts'
import { toReadEvent } from '../projected-event.ts'

/** An event as today's code sees it. */
export function toTodaysEvent(event: RecordedEvent): ReadEvent {
  return toReadEvent(event, upcastEvent)
}
