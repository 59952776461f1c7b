import { describe, expect, test } from 'bun:test'
import { createFakeClock } from '#kernel/clock.ts'
import { createDeferred } from '#kernel/deferred.ts'
import { createVerification, type VerificationWork } from './verification.ts'
import type { EvidenceVerification } from './verify-evidence.ts'

const whole: EvidenceVerification = {
  findings: [],
  isCut: false,
  eventCount: 7,
  provenBy: undefined,
  unanchoredCount: 7,
  unchainedCount: 0,
  hash: '',
}

function start(work: VerificationWork) {
  const over = createDeferred<void>()
  const onState = ({ endedAt }: { endedAt: number | null }) => endedAt !== null && over.resolve()
  const verification = createVerification({ work: () => work, clock: createFakeClock(), onState })
  verification.startVerification()
  return { verification, over: over.promise }
}

describe('a verification', () => {
  test('runs one at a time, shows how far it is and how it ended', async () => {
    const found = createDeferred<EvidenceVerification>()
    const { verification, over } = start(({ onProgress }) => {
      onProgress(0.5, 3)
      return found.promise
    })
    expect(verification.state()).toMatchObject({ state: 'running', share: 0.5, eventCount: 3 })
    expect(() => verification.startVerification()).toThrow('under way')
    found.resolve(whole)
    await over
    expect(verification.state()).toMatchObject({ state: 'good', share: null, eventCount: 7 })
  })

  test('is bad when there are findings, the first one first, and says when there are more than it shows', async () => {
    const finding = { kind: 'altered', words: 'this one', position: '1' } as const
    const { verification, over } = start(async () => ({
      ...whole,
      findings: Array.from({ length: 30 }, () => finding),
    }))
    await over
    const { state, words } = verification.state()
    expect([state, words[0], words.length]).toEqual(['bad', 'altered: this one', 12])
  })

  test('that is stopped, or fails, says so and can be started again', async () => {
    const { verification, over } = start(async ({ signal }) => {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      return whole
    })
    verification.stopVerification()
    await over
    expect(verification.state()).toMatchObject({ state: 'failed', words: ['It was stopped before its end.'] })
    verification.startVerification()
    expect(verification.state().state).toBe('running')
  })
})
