/** Four consumer processes, both official clients among them, and what they have handled. */
import { join } from 'node:path'
import { pickOne, type Random } from '#kernel/random.ts'
import type { ConsumerOptions } from './consumer-child.ts'

const childFile = join(import.meta.dir, 'consumer-child.ts')
const consumerCount = 4

type Child = Bun.Subprocess<'ignore', 'pipe', 'inherit'>

export class CompetingConsumers {
  private readonly connectionString: string
  private readonly random: Random
  private children: (Child | undefined)[] = []
  /** Each ends when all that a child has said is noted. */
  private readonly listening = new Set<Promise<void>>()
  private takesEverything = false
  private handled = { stream: new Set<number>(), all: new Set<number>() }
  handledCount = 0

  constructor(connectionString: string, random: Random) {
    this.connectionString = connectionString
    this.random = random
  }

  start({ takesEverything }: Pick<ConsumerOptions, 'takesEverything'>): void {
    this.takesEverything = takesEverything
    this.children = Array.from({ length: consumerCount }, (_, index) => this.spawn(index))
  }

  /** Another one takes its place. */
  killOne(): void {
    const index = pickOne(this.random, [...this.children.keys()])
    this.children[index]?.kill('SIGKILL')
    this.children[index] = this.spawn(index)
  }

  /** Resolves when they are gone, and what they said is noted. */
  async killAll(): Promise<void> {
    for (const child of this.children) child?.kill('SIGKILL')
    this.children = []
    await Promise.all(this.listening)
  }

  forget(): void {
    this.handled = { stream: new Set(), all: new Set() }
  }

  hasHandled(value: number): boolean {
    return this.handled.stream.has(value) && this.handled.all.has(value)
  }

  hasHandledAll(count: number): boolean {
    return this.handled.stream.size === count && this.handled.all.size === count
  }

  handledFrom(source: 'stream' | 'all'): ReadonlySet<number> {
    return this.handled[source]
  }

  checkHandledOnly(value: number): void {
    for (const [source, values] of Object.entries(this.handled))
      if (values.size !== 1 || !values.has(value))
        throw new Error(`After an orderly restart ${values.size} events came from ${source}; one was new.`)
  }

  private spawn(index: number): Child {
    const options: ConsumerOptions = {
      connectionString: this.connectionString,
      client: index % 2 === 0 ? 'kurrent' : 'eventstore',
      seed: Math.floor(this.random() * 2 ** 31),
      takesEverything: this.takesEverything,
    }
    const child = Bun.spawn([process.execPath, childFile, JSON.stringify(options)], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
      ipc: () => undefined,
    })
    const listening: Promise<void> = this.listen(child).finally(() => this.listening.delete(listening))
    this.listening.add(listening)
    return child
  }

  private async listen(child: Child): Promise<void> {
    const decoder = new TextDecoder()
    let rest = ''
    for await (const bytes of child.stdout) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) this.note(line)
    }
  }

  private note(line: string): void {
    const [source, value] = line.split(' ')
    if (source !== 'stream' && source !== 'all') throw new Error(`A consumer said "${line}".`)
    this.handled[source].add(Number(value))
    this.handledCount++
  }
}
