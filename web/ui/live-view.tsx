import { type JSX, Match, Show, Switch } from 'solid-js'
import { EmptyState } from './empty-state.tsx'
import { InlineNotice } from './inline-notice.tsx'
import { Loading } from './loading.tsx'
import { Moment } from './moment.tsx'

/** How fresh a live list is: what an observable says of itself. */
export type Freshness = {
  state(): 'loading' | 'live' | 'stale' | 'refused'
  error(): { readonly words: string } | undefined
  asOf(): number | undefined
}

/** Shows a live list in all its states: not there yet, live, kept from earlier, or not for this person. */
export function LiveView(props: { readonly of: Freshness; readonly children: JSX.Element }): JSX.Element {
  return (
    <Switch>
      <Match when={props.of.state() === 'loading'}>
        <Loading />
      </Match>
      <Match when={props.of.state() === 'refused'}>
        <EmptyState title="This cannot be shown" words={props.of.error()?.words ?? 'The server refused to show it.'} />
      </Match>
      <Match when={true}>
        <Show when={props.of.state() === 'stale'}>
          <InlineNotice tone="warning" class="m-3">
            Not live.{' '}
            <Show when={props.of.asOf()}>
              {(at) => (
                <>
                  Shown as it was at <Moment at={at()} />.
                </>
              )}
            </Show>
          </InlineNotice>
        </Show>
        {props.children}
      </Match>
    </Switch>
  )
}
