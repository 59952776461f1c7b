import { afterEach, expect, test } from 'bun:test'
import { openSsh, type SshOptions } from '#agent-kit/ssh/ssh.ts'
import { silentLog } from '#kernel/log.ts'
import { eventually } from '#support/eventually.ts'
import { type RunCommand, startSshServer } from '#support/ssh-server.ts'

/** The SSH client of the kit against a real SSH server in this process. */

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})
const failureOf = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error)

test('a command gives its output and the code it ended with, whatever that is', async () => {
  const { ssh } = await open((line, channel) => {
    channel.write(`${line}\n`)
    channel.stderr.write('half a warning')
    channel.exit(3)
    channel.end()
  })
  expect(await ssh.exec('uptime -p')).toEqual({
    exitCode: 3,
    signal: null,
    stdout: 'uptime -p\n',
    stderr: 'half a warning',
  })
})

test('words of a list reach the command as they are, whatever they hold', async () => {
  const { ssh } = await open((line, channel) => {
    // What a shell makes of the line.
    const shell = Bun.spawnSync(['sh', '-c', line])
    channel.write(shell.stdout)
    channel.exit(shell.exitCode)
    channel.end()
  })
  const words = ["it's", '$(rm -rf /)', '`id`', 'a b', '; ls', '"', '\\', 'new\nline', '*']
  const { stdout } = await ssh.exec(['printf', '%s|', ...words])
  expect(stdout).toBe(words.map((word) => `${word}|`).join(''))
})

test('what a command reads is what it was given', async () => {
  const { ssh } = await open((_, channel) => {
    channel.on('data', (bytes: Buffer) => channel.write(bytes.toString().toUpperCase()))
    channel.on('end', () => {
      channel.exit(0)
      channel.end()
    })
  })
  expect((await ssh.exec('tr', { stdin: 'loud' })).stdout).toBe('LOUD')
})

test('nobody is talked to whose key is not known', async () => {
  const stranger = `SHA256:${'A'.repeat(43)}`
  const { ssh, server } = await open(() => undefined, { hostKeys: [stranger] })
  const error = await failureOf(ssh.exec('ls'))
  expect(error).toMatchObject({ kind: 'untrusted', effect: 'none', facts: { found: server.hostKey } })
  expect(open(() => undefined, { hostKeys: [] })).rejects.toMatchObject({ kind: 'bad-input' })
})

test('a wrong password is a refusal, is not tried again and is in no error', async () => {
  const { ssh, server } = await open(() => undefined, { password: 'not-the-password' })
  const error = await failureOf(ssh.exec('ls', { isRepeatable: true }))
  expect(error).toMatchObject({ kind: 'refused' })
  expect(Bun.inspect(error)).not.toContain('not-the-password')
  expect(server.connectionCount()).toBe(1)
})

test('a machine that is not there is unreachable, and nothing was done', async () => {
  const { ssh, server } = await open(() => undefined, { retryCountMax: 1, firstRetryDelayMs: 1 })
  await server.close()
  expect(await failureOf(ssh.exec('ls'))).toMatchObject({ kind: 'unreachable', effect: 'none' })
})

test('output beyond the bound ends the command', async () => {
  const { ssh } = await open((_, channel) => channel.write(Buffer.alloc(300_000)), { outputBytesMax: 100_000 })
  expect(await failureOf(ssh.exec('yes'))).toMatchObject({ kind: 'too-large' })
})

test('a command that hangs is given up, and the connection goes on', async () => {
  let closed = 0
  const { ssh, server } = await open((line, channel) => {
    channel.on('close', () => closed++)
    channel.resume()
    if (line === 'sleep') return
    channel.exit(0)
    channel.end()
  })
  // Connected beforehand: a try that ends while the connection is being made sends no command.
  await ssh.exec('true')
  await eventually('the channel of the first one is closed', () => closed === 1)
  expect(await failureOf(ssh.exec('sleep', { tryTimeoutMs: 50 }))).toMatchObject({ kind: 'timeout' })
  await eventually('the channel of the command is closed', () => closed === 2)
  expect((await ssh.exec('true')).exitCode).toBe(0)
  expect(server.connectionCount()).toBe(1)
})

test('a command that was given up while the connection was being made is never sent', async () => {
  const lines: string[] = []
  const opened = Promise.withResolvers<void>()
  const { ssh } = await open(
    (line, channel) => {
      lines.push(line)
      channel.exit(0)
      channel.end()
    },
    {},
    opened.promise,
  )
  expect(await failureOf(ssh.exec('restart pump', { tryTimeoutMs: 30 }))).toMatchObject({ kind: 'timeout' })
  opened.resolve()
  await ssh.exec('true')
  expect(lines).toEqual(['true'])
})

test('a connection that was lost is made again, and a command under way is told as what it is', async () => {
  let runs = 0
  const { ssh, server } = await open((line, channel) => {
    runs++
    if (line === 'hang') return
    channel.exit(0)
    channel.end()
  })
  const hanging = failureOf(ssh.exec('hang'))
  await eventually('the command runs', () => runs === 1)
  server.drop()
  expect(await hanging).toMatchObject({ kind: 'unreachable', effect: 'unknown' })
  // At this very moment the old connection may still look alive.
  expect((await ssh.exec('true', { isRepeatable: true })).exitCode).toBe(0)
  expect(server.connectionCount()).toBe(2)
})

test('files go up whole and come down whole, over one that is there', async () => {
  const { ssh, server } = await open(() => undefined)
  const bytes = crypto.getRandomValues(new Uint8Array(60_000))
  const large = new Uint8Array([...bytes, ...bytes, ...bytes])
  await ssh.upload(large, '/in/plan.bin')
  await ssh.upload(bytes, '/in/plan.bin')
  expect([...server.files.keys()]).toEqual(['/in/plan.bin'])
  expect(Buffer.from(await ssh.download('/in/plan.bin')).equals(Buffer.from(bytes))).toBe(true)
})

test('a file that is not there, and one beyond the bound, are told as that', async () => {
  const { ssh, server } = await open(() => undefined, { fileBytesMax: 1_000 })
  server.files.set('/large', Buffer.alloc(5_000))
  expect(await failureOf(ssh.download('/none'))).toMatchObject({ kind: 'refused', facts: { code: 2 } })
  expect(await failureOf(ssh.download('/large'))).toMatchObject({ kind: 'too-large' })
  expect(await failureOf(ssh.upload(new Uint8Array(5_000), '/up'))).toMatchObject({ kind: 'too-large' })
})

async function open(run: RunCommand, options: Partial<SshOptions> = {}, opened?: Promise<unknown>) {
  const password = 'the-password-of-this-test'
  const server = await startSshServer({ password, run, opened })
  cleanUps.push(() => server.close().catch(() => undefined))
  const stops: (() => unknown)[] = []
  const part = new AbortController()
  const context = { log: silentLog, signal: part.signal, onStop: (work: () => unknown) => void stops.push(work) }
  const access = { host: '127.0.0.1', port: server.port, username: 'peek', password, hostKeys: [server.hostKey] }
  const ssh = openSsh(context, { system: 'plant', ...access, ...options })
  cleanUps.push(() => stops.map((stop) => stop()))
  return { ssh, server }
}
