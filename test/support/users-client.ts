/** The protocol's Users service as a caller sees it: the official clients have no words for it. */
import { readFileSync } from 'node:fs'
import { Client, credentials, Metadata } from '@grpc/grpc-js'
import { encodeMessage } from '#event-store-server/protobuf/encode-message.ts'
import { ProtoReader } from '#event-store-server/protobuf/proto-reader.ts'
import type { ProtoWriter } from '#event-store-server/protobuf/proto-writer.ts'

export type UserDetails = { loginName: string; fullName: string; groups: string[]; isDisabled: boolean }
export type UsersClient = ReturnType<typeof openUsersClient>

type Profile = { fullName?: string; groups?: readonly string[]; password?: string }

const path = '/event_store.client.users.Users'
const deadlineMs = 10_000
const same = (bytes: Buffer) => bytes

/** `connectionString` as a server with TLS prints it; `caller` is who asks, `name:password`. */
export function openUsersClient(connectionString: string, caller: string) {
  const { host, searchParams } = new URL(connectionString.replace(/^\w+:/, 'http:'))
  const client = new Client(host, credentials.createSsl(readFileSync(searchParams.get('tlsCAFile') ?? '')))
  const metadata = new Metadata()
  metadata.set('authorization', `Basic ${Buffer.from(caller).toString('base64')}`)

  const call = (method: string, writeOptions: (options: ProtoWriter) => void): Promise<Buffer[]> =>
    new Promise((resolve, reject) => {
      const request = encodeMessage((writer) => writer.message(1, writeOptions))
      const options = { deadline: Date.now() + deadlineMs }
      const replies: Buffer[] = []
      const answer = client.makeServerStreamRequest(`${path}/${method}`, same, same, request, metadata, options)
      answer.on('data', (reply: Buffer) => replies.push(reply))
      answer.on('error', reject)
      answer.on('end', () => resolve(replies))
    })
  const callNamed = (method: string, loginName: string) => call(method, (options) => options.text(1, loginName))
  const writeProfile = (loginName: string, { fullName = '', groups = [], password = '' }: Profile) => {
    return (options: ProtoWriter) => {
      options.text(1, loginName)
      options.text(2, password)
      options.text(3, fullName)
      for (const group of groups) options.text(4, group)
    }
  }

  return {
    create: (loginName: string, profile: Profile) => call('Create', writeProfile(loginName, profile)),
    update: (loginName: string, profile: Profile) => call('Update', writeProfile(loginName, profile)),
    delete: (loginName: string) => callNamed('Delete', loginName),
    disable: (loginName: string) => callNamed('Disable', loginName),
    enable: (loginName: string) => callNamed('Enable', loginName),
    /** Of one user, or of all. */
    details: async (loginName = '') => (await callNamed('Details', loginName)).map(decodeDetails),
    changePassword: (loginName: string, current: string, next: string) =>
      call('ChangePassword', (options) => {
        options.text(1, loginName)
        options.text(2, current)
        options.text(3, next)
      }),
    resetPassword: (loginName: string, next: string) =>
      call('ResetPassword', (options) => {
        options.text(1, loginName)
        options.text(2, next)
      }),
    close: () => client.close(),
  }
}

function decodeDetails(reply: Buffer): UserDetails {
  const wrapped = new ProtoReader(reply)
  wrapped.next()
  const reader = wrapped.message()
  const details: UserDetails = { loginName: '', fullName: '', groups: [], isDisabled: false }
  while (reader.next()) {
    if (reader.field === 1) details.loginName = reader.text()
    else if (reader.field === 2) details.fullName = reader.text()
    else if (reader.field === 3) details.groups.push(reader.text())
    else if (reader.field === 5) details.isDisabled = reader.bool()
    else reader.skip()
  }
  return details
}
