/**
 * Backups.Make: an addition of this server to the protocol, for whoever may operate it: copies the store, while it serves,
 * into a folder of the server's choice.
 *
 * MakeReq { string name = 1 } -> stream of MakeResp { uint64 copied_bytes = 1; uint64 size_bytes = 2; string file = 3 }; the
 * last answer has the file. A caller names the file and not the folder, and nothing is ever overwritten, so no caller can
 * write elsewhere. Hanging up cancels the backup.
 */
import { mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { ServerWritableStream } from '@grpc/grpc-js'
import { describeError } from '#kernel/platform-error.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import { ProtoReader } from '../protobuf/proto-reader.ts'
import type { FurtherFigures } from '../statistics/statistics-report.ts'
import type { Backups } from '../upkeep/backup.ts'
import { admit, type GrpcService, type ServiceContext } from './grpc-service.ts'
import { badRequest, toRpcFailure } from './rpc-failure.ts'
import { rawMethod } from './service-definitions.ts'

export type BackupServiceOptions = {
  readonly context: ServiceContext
  readonly backups: Backups
  /** Of the store; its backups go into the folder `backups` beside it. */
  readonly file: string
}

export type BackupService = GrpcService & {
  /** The backup under way, or the last one since the start. */
  figures(): FurtherFigures
}

type Note = {
  readonly file: string
  readonly isRunning: boolean
  readonly copiedBytes: number
  readonly sizeBytes: number
  readonly at: number
  readonly error: string
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/
const progressEveryMs = 200

export function createBackupService({ context, backups, file: store }: BackupServiceOptions): BackupService {
  const { clock } = context.eventLog
  let note: Note | undefined

  const make = async (call: ServerWritableStream<Buffer, Buffer>): Promise<void> => {
    await admit(context.access, call, { kind: 'operate' })
    const target = await toTarget(store, decodeName(call.request))
    const hungUp = new AbortController()
    call.on('cancelled', () => hungUp.abort(new Error('the caller has hung up')))
    note = { file: target, isRunning: true, copiedBytes: 0, sizeBytes: 0, at: clock.now(), error: '' }
    const keep = (change: Partial<Note>): void => {
      note = {
        file: target,
        isRunning: true,
        copiedBytes: 0,
        sizeBytes: 0,
        error: '',
        ...note,
        at: clock.now(),
        ...change,
      }
    }
    let toldAt = Number.NEGATIVE_INFINITY
    try {
      const { file, sizeBytes } = await backups.make({
        target,
        signal: hungUp.signal,
        onProgress: (progress) => {
          keep(progress)
          if (clock.now() - toldAt < progressEveryMs) return
          toldAt = clock.now()
          call.write(encodeAnswer(progress))
        },
      })
      keep({ isRunning: false, copiedBytes: sizeBytes, sizeBytes })
      call.write(encodeAnswer({ copiedBytes: sizeBytes, sizeBytes, file }))
      call.end()
    } catch (error) {
      keep({ isRunning: false, error: describeError(error) })
      throw error
    }
  }

  return {
    definition: { make: rawMethod('/event_store.upkeep.Backups/Make', false, true) },
    handlers: {
      make: (call: ServerWritableStream<Buffer, Buffer>): void => {
        const forget = context.openCalls.add((failure) => call.emit('error', failure))
        make(call)
          .catch((error: unknown) => call.emit('error', toRpcFailure(error)))
          .finally(forget)
      },
    },
    supported: [{ service: 'event_store.upkeep.backups', method: 'make' }],
    figures: () => (note ? { 'es-backup': JSON.stringify(note) } : {}),
  }
}

function decodeName(request: Buffer): string {
  const reader = new ProtoReader(request)
  let name = ''
  while (reader.next()) {
    if (reader.field === 1) name = reader.text()
    else reader.skip()
  }
  if (namePattern.test(name)) return name
  throw badRequest(
    `"${name}" cannot be the name of a backup: wanted letters, digits, dots, dashes and underscores, at most 200, and no folder.`,
  )
}

async function toTarget(store: string, name: string): Promise<string> {
  if (store === ':memory:') throw badRequest('This store is in memory only. Start it with a file to make backups.')
  const folder = join(dirname(resolve(store)), 'backups')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return join(folder, name)
}

type Answer = { readonly copiedBytes: number; readonly sizeBytes: number; readonly file?: string }

function encodeAnswer({ copiedBytes, sizeBytes, file }: Answer): Buffer {
  return encodeMessage((writer) => {
    writer.uint(1, copiedBytes)
    writer.uint(2, sizeBytes)
    if (file !== undefined) writer.text(3, file)
  })
}
