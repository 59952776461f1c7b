import { useSearchParams } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import { HelpAnswers } from './help-answers.tsx'
import { OutboxLists } from './outbox-lists.tsx'
import { useOutboxSurroundings } from './use-outbox-surroundings.ts'

/** What this device has done and what of it has not arrived: the page behind the mark in the bar. */
export function OutboxPage(): JSX.Element {
  const [search] = useSearchParams()
  const surroundings = useOutboxSurroundings()
  return (
    <OutboxLists
      {...surroundings}
      asked={search.show}
      below={<Show when={surroundings.device}>{(device) => <HelpAnswers device={device()} />}</Show>}
    />
  )
}
