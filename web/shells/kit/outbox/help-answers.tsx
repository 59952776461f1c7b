import { For, type JSX, Show } from 'solid-js'
import { HelpRequest } from '#vortex/protocol/help-request.ts'
import { useObservable } from '#web/sdk'
import { Card, List, ListRow, Moment, StatusPill } from '#web/ui'

/** What the office was asked from this device, and what it answered, the latest first. */
export function HelpAnswers(props: { readonly device: string }): JSX.Element {
  const requests = useObservable(HelpRequest, () => ({ device: props.device }))
  const latestFirst = () => [...requests.rows].sort((a, b) => b.askedAt - a.askedAt)
  return (
    <Show when={requests.rows.length > 0}>
      <div class="mt-6">
        <Card title="Asked the office" flush>
          <List label="Asked the office" bare>
            <For each={latestFirst()}>
              {(request) => (
                <ListRow data-testid={`help-${request.id}`}>
                  <p class="flex flex-wrap items-center gap-x-3 gap-y-1">
                    <span class="wrap-anywhere">{request.words || titleOf(request.recordCount)}</span>
                    <StatusPill tone={request.state === 'open' ? 'waiting' : 'normal'}>
                      {request.state === 'open' ? 'No answer yet' : 'Answered'}
                    </StatusPill>
                  </p>
                  <p class="text-sm text-ink-muted">
                    Asked <Moment at={request.askedAt} />
                  </p>
                  <Show when={request.answer}>
                    {(answer) => (
                      <blockquote class="mt-2 border-l-2 border-line-strong pl-3 wrap-anywhere">
                        {answer()}
                        <footer class="text-sm text-ink-muted">
                          {request.answeredBy}
                          <Show when={request.answeredAt}>
                            {(at) => (
                              <>
                                , <Moment at={at()} />
                              </>
                            )}
                          </Show>
                        </footer>
                      </blockquote>
                    )}
                  </Show>
                </ListRow>
              )}
            </For>
          </List>
        </Card>
      </div>
    </Show>
  )
}

const titleOf = (count: number): string => (count === 1 ? 'About an action' : `About ${count} actions`)
