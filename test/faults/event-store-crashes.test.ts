import { test } from 'bun:test'
import { testSeed } from '#testing/test-seed.ts'
import { runEventStoreCrashes } from './event-store-crashes.ts'

test('W1: whenever the event store is killed, it opens without help and has what it acknowledged, in order, once', async () => {
  const seed = testSeed()
  console.log(`event-store-crashes: seed ${seed}`)
  await runEventStoreCrashes({ runs: 60, seed })
}, 600_000)
