import { useParams } from '@solidjs/router'
import type { JSX } from 'solid-js'
import { ActionView } from './action-view.tsx'
import { useOutboxSurroundings } from './use-outbox-surroundings.ts'

/** One action of this device, under its own address. */
export function ActionPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const surroundings = useOutboxSurroundings()
  return <ActionView {...surroundings} id={params.id} />
}
