/** Lets one loop sleep until something calls `wake`. A wake before the sleep is kept; several count once. */
export class Waker {
  private resume: (() => void) | undefined
  private isAwake = false

  readonly wake = (): void => {
    const resume = this.resume
    this.resume = undefined
    if (resume) resume()
    else this.isAwake = true
  }

  sleep(): Promise<void> {
    if (this.isAwake) {
      this.isAwake = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.resume = resolve
    })
  }
}
