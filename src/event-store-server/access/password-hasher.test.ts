import { describe, expect, test } from 'bun:test'
import { PasswordHasher } from './password-hasher.ts'

describe('a password', () => {
  test('is known again by its hash, which is another one each time', async () => {
    const hasher = new PasswordHasher()
    const [first, second] = await Promise.all([hasher.hash('secret'), hasher.hash('secret')])
    expect(first).not.toBe(second)
    expect(await hasher.isPassword('secret', () => first)).toBe(true)
    expect(await hasher.isPassword('Secret', () => first)).toBe(false)
  })

  test('of nobody is compared all the same, and never right', async () => {
    const hasher = new PasswordHasher()
    expect(await hasher.isPassword('secret', () => undefined)).toBe(false)
  })

  test('that waits may still be refused when its turn comes, and the others go on', async () => {
    const hasher = new PasswordHasher()
    const hash = await hasher.hash('secret')
    const results = await Promise.allSettled(
      Array.from({ length: 6 }, (_, index) =>
        hasher.isPassword('secret', () => {
          if (index % 2 === 1) throw new Error('refused')
          return hash
        }),
      ),
    )
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual([true, false, true, false, true, false])
  })

  test('is refused when too many wait', async () => {
    const hasher = new PasswordHasher()
    const turns = Array.from({ length: 2_000 }, () =>
      hasher.isPassword('secret', () => {
        throw new Error('not now')
      }),
    )
    const reasons = (await Promise.allSettled(turns)).map((turn) => turn.status === 'rejected' && String(turn.reason))
    expect(reasons.filter((reason) => String(reason).includes('Too many passwords')).length).toBe(2_000 - 2 - 1_024)
  })
})
