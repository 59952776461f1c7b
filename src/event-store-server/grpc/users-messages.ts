/** The messages of the Users service. Every request wraps its options; every reply but that of Details is empty. */
import type { StoredUser } from '../access/user.ts'
import { encodeMessage } from '../protobuf/encode-message.ts'
import type { ProtoReader } from '../protobuf/proto-reader.ts'
import { unwrapOptions } from './shared-messages.ts'

export type UserProfile = { loginName: string; password: string; fullName: string; groups: string[] }
export type PasswordChange = { loginName: string; currentPassword: string; newPassword: string }

/** CreateReq and UpdateReq. */
export function decodeUserProfile(bytes: Buffer): UserProfile {
  const profile: UserProfile = { loginName: '', password: '', fullName: '', groups: [] }
  readFields(bytes, (reader) => {
    if (reader.field === 1) profile.loginName = reader.text()
    else if (reader.field === 2) profile.password = reader.text()
    else if (reader.field === 3) profile.fullName = reader.text()
    else if (reader.field === 4) profile.groups.push(reader.text())
    else reader.skip()
  })
  return profile
}

/** DeleteReq, DisableReq, EnableReq and DetailsReq. */
export function decodeLoginName(bytes: Buffer): string {
  let loginName = ''
  readFields(bytes, (reader) => {
    if (reader.field === 1) loginName = reader.text()
    else reader.skip()
  })
  return loginName
}

export function decodeChangePassword(bytes: Buffer): PasswordChange {
  const change: PasswordChange = { loginName: '', currentPassword: '', newPassword: '' }
  readFields(bytes, (reader) => {
    if (reader.field === 1) change.loginName = reader.text()
    else if (reader.field === 2) change.currentPassword = reader.text()
    else if (reader.field === 3) change.newPassword = reader.text()
    else reader.skip()
  })
  return change
}

export function decodeResetPassword(bytes: Buffer): Omit<PasswordChange, 'currentPassword'> {
  const change = { loginName: '', newPassword: '' }
  readFields(bytes, (reader) => {
    if (reader.field === 1) change.loginName = reader.text()
    else if (reader.field === 2) change.newPassword = reader.text()
    else reader.skip()
  })
  return change
}

function readFields(bytes: Buffer, read: (reader: ProtoReader) => void): void {
  const reader = unwrapOptions(bytes)
  while (reader.next()) read(reader)
}

export const emptyReply = Buffer.alloc(0)

/** DetailsResp, one a user. Times are ticks of 100 ns since 1970. */
export function encodeUserDetails({ loginName, fullName, groups, changedAt, isDisabled }: StoredUser): Buffer {
  return encodeMessage((writer) =>
    writer.message(1, (details) => {
      details.text(1, loginName)
      details.text(2, fullName)
      for (const group of groups) details.text(3, group)
      details.message(4, (changed) => changed.int64(1, BigInt(changedAt) * 10_000n))
      details.bool(5, isDisabled)
    }),
  )
}
