import { For, type JSX, Show } from 'solid-js'
import { useEffects } from '#web/sdk'
import { Button, ButtonLink, Card, InlineNotice, List, ListRow, RelativeTime, StatusPill } from '#web/ui'
import { delayedWords, effectLook } from './effect-words.ts'

const shownMax = 3

/** Across the page while something that was accepted does not show: what is delayed, what came since, what was left out. */
export function EffectBanner(): JSX.Element {
  const effects = useEffects()
  const settled = () => effects.list().filter(({ state }) => state !== 'delayed')
  const across = 'rounded-none border-x-0 border-t-0 px-4'
  return (
    <>
      <Show when={delayedWords(effects.list())}>
        {(words) => (
          <InlineNotice
            tone="info"
            testId="effects-delayed"
            class={across}
            actions={<ButtonLink href="/device">Details</ButtonLink>}
          >
            <strong class="font-semibold">Effect delayed.</strong> {words()}
          </InlineNotice>
        )}
      </Show>
      <For each={settled().slice(0, shownMax)}>
        {(effect) => (
          <InlineNotice
            tone={effect.state === 'skipped' ? 'warning' : 'info'}
            testId={`effect-${effect.state}`}
            class={across}
            onDismiss={() => effects.dismiss(effect.id)}
          >
            <strong class="font-semibold">
              {effectLook(effect).title}: {effect.title}.
            </strong>{' '}
            {effectLook(effect).words}
          </InlineNotice>
        )}
      </For>
    </>
  )
}

/** All of them, on the page about this device. */
export function EffectsCard(): JSX.Element {
  const effects = useEffects()
  return (
    <Show when={effects.list().length > 0}>
      <Card title="Recorded, not shown">
        <List label="Recorded, not shown">
          <For each={effects.list()}>
            {(effect) => (
              <ListRow
                data-testid={`effect-of-${effect.id}`}
                actions={
                  <Show when={effect.state !== 'delayed'}>
                    <Button onClick={() => effects.dismiss(effect.id)}>Dismiss</Button>
                  </Show>
                }
              >
                <p class="flex flex-wrap items-center gap-x-3 gap-y-1">
                  <span class="font-medium wrap-anywhere">{effect.title}</span>
                  <StatusPill tone={effectLook(effect).tone}>{effectLook(effect).title}</StatusPill>
                  <span class="text-sm text-ink-muted">
                    <RelativeTime at={effect.since} />
                  </span>
                </p>
                <p class="mt-1 text-sm wrap-anywhere text-ink-muted">{effectLook(effect).words}</p>
              </ListRow>
            )}
          </For>
        </List>
      </Card>
    </Show>
  )
}
