/**
 * Users: made, changed, looked at and taken away by administrators; everybody may look at themselves and change their own
 * password, showing the current one. On a server without TLS nobody has to show anything, and the users are only kept.
 */
import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, status } from '@grpc/grpc-js'
import { AccessDenied, type Operation } from '../access/access.ts'
import type { Passwords } from '../access/password-hasher.ts'
import { checkLoginName, checkPassword } from '../access/user.ts'
import type { UserChange, UserDirectory } from '../access/user-directory.ts'
import { admit, type GrpcService, type ServiceContext } from './grpc-service.ts'
import { RpcFailure, toRpcFailure } from './rpc-failure.ts'
import { rawMethod } from './service-definitions.ts'
import {
  decodeChangePassword,
  decodeLoginName,
  decodeResetPassword,
  decodeUserProfile,
  emptyReply,
  encodeUserDetails,
} from './users-messages.ts'

export type UsersServiceOptions = ServiceContext & {
  readonly users: UserDirectory
  readonly passwords: Passwords
}

const service = 'event_store.client.users.users'
const path = '/event_store.client.users.Users'

export const usersService = {
  create: rawMethod(`${path}/Create`, false, false),
  update: rawMethod(`${path}/Update`, false, false),
  delete: rawMethod(`${path}/Delete`, false, false),
  disable: rawMethod(`${path}/Disable`, false, false),
  enable: rawMethod(`${path}/Enable`, false, false),
  details: rawMethod(`${path}/Details`, false, true),
  changePassword: rawMethod(`${path}/ChangePassword`, false, false),
  resetPassword: rawMethod(`${path}/ResetPassword`, false, false),
}

type UnaryCall = ServerUnaryCall<Buffer, Buffer>

export function createUsersService(options: UsersServiceOptions): GrpcService {
  const { access, users } = options
  const administer = <Request extends { loginName: string }>(
    decode: (bytes: Buffer) => Request,
    change: (request: Request) => Promise<UserChange>,
  ) =>
    unary(async (call) => {
      const request = decode(call.request)
      await admit(access, call, { kind: 'administer-users' })
      checkLoginName(request.loginName)
      refuseUndone(await change(request), request.loginName)
    })
  const named = (bytes: Buffer) => ({ loginName: decodeLoginName(bytes) })

  return {
    definition: usersService,
    handlers: {
      create: administer(decodeUserProfile, (profile) => users.create(profile)),
      update: administer(decodeUserProfile, ({ loginName, password, ...profile }) =>
        update(users, loginName, password, profile),
      ),
      delete: administer(named, ({ loginName }) => users.delete(loginName)),
      disable: administer(named, ({ loginName }) => users.update(loginName, { isDisabled: true })),
      enable: administer(named, ({ loginName }) => users.update(loginName, { isDisabled: false })),
      resetPassword: administer(decodeResetPassword, ({ loginName, newPassword }) =>
        users.setPassword(loginName, newPassword),
      ),
      changePassword: unary((call) => changePassword(options, call)),
      details: (call: ServerWritableStream<Buffer, Buffer>) => {
        sendDetails(options, call).then(
          () => call.end(),
          (error: unknown) => call.emit('error', toRpcFailure(error)),
        )
      },
    },
    supported: Object.keys(usersService).map((method) => ({ service, method: method.toLowerCase() })),
  }
}

function unary(work: (call: UnaryCall) => Promise<void>) {
  return (call: UnaryCall, callback: sendUnaryData<Buffer>): void => {
    work(call).then(
      () => callback(null, emptyReply),
      (error: unknown) => callback(toRpcFailure(error)),
    )
  }
}

/** The protocol's update carries a password that clients leave empty unless they mean it. */
async function update(
  users: UserDirectory,
  loginName: string,
  password: string,
  profile: { fullName: string; groups: string[] },
): Promise<UserChange> {
  // Both or neither.
  if (password !== '') checkPassword(password)
  const change = await users.update(loginName, profile)
  return change === 'done' && password !== '' ? users.setPassword(loginName, password) : change
}

async function changePassword({ access, users, passwords }: UsersServiceOptions, call: UnaryCall): Promise<void> {
  const { loginName, currentPassword, newPassword } = decodeChangePassword(call.request)
  await admit(access, call, { kind: 'change-own-password', userName: loginName })
  const user = users.find(loginName)
  if (!user) throw userNotFound(loginName)
  if (!(await passwords.isPassword(currentPassword, () => user.passwordHash)))
    throw new AccessDenied(`The current password of ${loginName} is another one.`)
  refuseUndone(await users.setPassword(loginName, newPassword), loginName)
}

async function sendDetails(
  { access, users }: UsersServiceOptions,
  call: ServerWritableStream<Buffer, Buffer>,
): Promise<void> {
  const loginName = decodeLoginName(call.request)
  const looking: Operation =
    loginName === '' ? { kind: 'administer-users' } : { kind: 'look-at-user', userName: loginName }
  await admit(access, call, looking)
  if (loginName === '') {
    for (const user of users.list()) call.write(encodeUserDetails(user))
    return
  }
  const user = users.find(loginName)
  if (!user) throw userNotFound(loginName)
  call.write(encodeUserDetails(user))
}

function refuseUndone(change: UserChange, loginName: string): void {
  if (change === 'not-found') throw userNotFound(loginName)
  if (change === 'conflict')
    throw new RpcFailure(
      status.FAILED_PRECONDITION,
      `The user ${loginName} exists already, or was changed by somebody else meanwhile.`,
      { exception: 'user-conflict', 'login-name': loginName },
    )
}

function userNotFound(loginName: string): RpcFailure {
  return new RpcFailure(status.NOT_FOUND, `There is no user ${loginName}.`, {
    exception: 'user-not-found',
    'login-name': loginName,
  })
}
