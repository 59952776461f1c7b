/**
 * Passwords as slow, salted hashes (argon2id), computed in threads beside the event loop.
 *
 * Promises: never more than `runningMax` at once, because each takes 19 MB for about 30 ms; who comes later waits in order,
 * and when too many wait is refused with `too-many`. A check without a hash to compare with costs what one with a hash costs.
 */
import { randomBytes } from 'node:crypto'
import { PlatformError } from '#kernel/platform-error.ts'

const argon2 = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
const runningMax = 2
const waitingMax = 1_024

export interface Passwords {
  hash(password: string): Promise<string>
  /** `prepare` runs when it is this check's turn: it may refuse by throwing, and says what to compare with, if anything. */
  isPassword(password: string, prepare: () => string | undefined): Promise<boolean>
}

export class PasswordHasher implements Passwords {
  private readonly waiting: (() => void)[] = []
  private runningCount = 0
  private dummyHash: string | undefined

  hash(password: string): Promise<string> {
    return this.inTurn(() => Bun.password.hash(password, argon2))
  }

  isPassword(password: string, prepare: () => string | undefined): Promise<boolean> {
    return this.inTurn(async () => {
      const hash = prepare()
      const isSame = await Bun.password.verify(password, hash ?? (await this.getDummyHash()), argon2.algorithm)
      return isSame && hash !== undefined
    })
  }

  /** To be called before the first check: making it then would tell an unknown user from a known one. */
  async getDummyHash(): Promise<string> {
    this.dummyHash ??= await Bun.password.hash(randomBytes(18).toString('base64'), argon2)
    return this.dummyHash
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.runningCount < runningMax) this.runningCount++
    else await this.waitForTurn()
    try {
      return await work()
    } finally {
      // A turn is handed on, not given back, when somebody waits.
      const next = this.waiting.shift()
      if (next) next()
      else this.runningCount--
    }
  }

  private waitForTurn(): Promise<void> {
    if (this.waiting.length >= waitingMax)
      throw new PlatformError('too-many', 'Too many passwords are waiting to be compared. Try again in a moment.')
    return new Promise((resolve) => this.waiting.push(resolve))
  }
}
