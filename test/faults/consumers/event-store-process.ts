/** The embedded event store as a process that comes back at the same address, however it went. */
import { join } from 'node:path'

const entry = join(import.meta.dir, '../../../src/event-store-server/main.ts')
const startsMax = 5

type Child = Bun.Subprocess<'ignore', 'pipe', 'ignore'>

export class EventStoreProcess {
  private readonly file: string
  private child: Child
  private readonly port: number
  readonly connectionString: string

  private constructor(file: string, child: Child, place: { port: number; connectionString: string }) {
    this.file = file
    this.child = child
    this.port = place.port
    this.connectionString = place.connectionString
  }

  static async start(file: string, port: number): Promise<EventStoreProcess> {
    const { child, place } = await spawn(file, port)
    return new EventStoreProcess(file, child, place)
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.child.exited
  }

  async killAndStart(): Promise<void> {
    await this.kill()
    this.child = (await spawn(this.file, this.port)).child
  }

  async stopAndStart(): Promise<void> {
    this.child.kill('SIGTERM')
    await this.child.exited
    this.child = (await spawn(this.file, this.port)).child
  }
}

async function spawn(file: string, port: number) {
  for (let start = 1; ; start++) {
    const child = Bun.spawn([process.execPath, entry, '--file', file, '--port', String(port)], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'ignore',
      // So that it does not outlive this process.
      ipc: () => undefined,
    })
    const line = JSON.parse(await firstLine(child.stdout))
    if (line.event === 'ready') return { child, place: line as { port: number; connectionString: string } }
    await child.exited
    // The last one's port may not be free at once.
    if (start === startsMax) throw new Error(`The event store does not start: ${JSON.stringify(line)}`)
  }
}

async function firstLine(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const bytes of output) {
    text += decoder.decode(bytes, { stream: true })
    if (text.includes('\n')) break
  }
  return text.slice(0, text.indexOf('\n'))
}
