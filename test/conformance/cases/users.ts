/** Users: made, looked at, switched off and on, given other passwords, and deleted. No official client does it. */
import assert from 'node:assert/strict'
import { failureOf } from '../case-tools.ts'
import { type CaseBody, type CaseContext, conformanceCases } from '../conformance-case.ts'
import type { Credentials } from '../conformance-client.ts'
import { callRaw, fieldsOf, messageField, textField } from '../raw-call.ts'
import { getSecureClients } from '../secure-clients.ts'
import type { SecureServer } from '../server-of-a-case.ts'

const terms = { asksUsers: true }
const notFound = 5

type Desk = {
  readonly context: CaseContext
  readonly server: SecureServer
  readonly user: Credentials
  ask(method: string, request: Buffer, as?: Credentials): ReturnType<typeof callRaw>
  /** Whether these credentials are worth anything. */
  isLetIn(credentials: Credentials): Promise<boolean>
}

const newPassword = 'another secret'

/** With a user who was just made. */
const withUser =
  (body: (desk: Desk) => Promise<void>): CaseBody =>
  async (context) => {
    const server = await context.getSecureServer()
    const user = { username: context.newWord(), password: 'secret enough' }
    const ask = (method: string, request: Buffer, as = server.admin) =>
      callRaw(server.connectionString, `/event_store.client.users.Users/${method}`, request, as)
    const { anonymous } = getSecureClients(context, server)
    const isLetIn = async (credentials: Credentials) =>
      (await failureOf(anonymous.append(context.newStream(), [], { credentials }))).type !== 'access-denied'
    const made = await ask(
      'Create',
      messageField(
        1,
        ...[user.username, user.password, 'Some Body', 'team'].map((text, at) => textField(at + 1, text)),
      ),
    )
    assert.equal(made.code, 0, made.details)
    context.onEnd(() => ask('Delete', named(user)))
    await body({ context, server, user, ask, isLetIn })
  }

const named = ({ username }: Credentials) => messageField(1, textField(1, username))

export const userCases = conformanceCases('A user', {
  'is let in with the password they were made with, and no other': [
    terms,
    withUser(async ({ user, isLetIn }) => {
      assert.equal(await isLetIn(user), true)
      assert.equal(await isLetIn({ ...user, password: 'wrong' }), false)
    }),
  ],

  'is made once': [
    terms,
    withUser(async ({ user, ask }) => {
      const again = await ask(
        'Create',
        messageField(1, textField(1, user.username), textField(2, 'x'), textField(3, 'X')),
      )
      assert.notEqual(again.code, 0)
    }),
  ],

  'switched off is not let in, and on again is': [
    terms,
    withUser(async ({ user, ask, isLetIn }) => {
      assert.equal((await ask('Disable', named(user))).code, 0)
      assert.equal(await isLetIn(user), false)
      assert.equal((await ask('Enable', named(user))).code, 0)
      assert.equal(await isLetIn(user), true)
    }),
  ],

  'that is deleted is not let in, nor found': [
    terms,
    withUser(async ({ user, ask, isLetIn }) => {
      assert.equal((await ask('Delete', named(user))).code, 0)
      assert.equal(await isLetIn(user), false)
      assert.equal((await ask('Disable', named(user))).code, notFound)
    }),
  ],

  'changes their own password when they know it': [
    terms,
    withUser(async ({ user, ask, isLetIn }) => {
      const change = (current: string) =>
        messageField(1, textField(1, user.username), textField(2, current), textField(3, newPassword))
      assert.notEqual((await ask('ChangePassword', change('wrong'), user)).code, 0)
      assert.equal((await ask('ChangePassword', change(user.password), user)).code, 0)
      assert.equal(await isLetIn(user), false)
      assert.equal(await isLetIn({ ...user, password: newPassword }), true)
    }),
  ],

  'is given a new password by an administrator, and by nobody else': [
    terms,
    withUser(async ({ user, ask, isLetIn }) => {
      const reset = messageField(1, textField(1, user.username), textField(2, newPassword))
      assert.notEqual((await ask('ResetPassword', reset, user)).code, 0)
      assert.equal((await ask('ResetPassword', reset)).code, 0)
      assert.equal(await isLetIn({ ...user, password: newPassword }), true)
    }),
  ],

  'may not make, switch off or delete others': [
    terms,
    withUser(async ({ user, server, ask }) => {
      for (const method of ['Disable', 'Delete']) assert.equal((await ask(method, named(server.admin), user)).code, 7)
    }),
  ],

  'that is not there is not found': [
    terms,
    withUser(async ({ context, ask }) => {
      const missing = named({ username: context.newWord(), password: '' })
      for (const method of ['Enable', 'Disable', 'Delete']) assert.equal((await ask(method, missing)).code, notFound)
    }),
  ],

  'is described without the password': [
    terms,
    withUser(async ({ user, server }) => {
      const path = '/event_store.client.users.Users/Details'
      const texts = await readDetails(server, path, user.username)
      assert.ok(texts.includes(user.username))
      assert.ok(!texts.includes(user.password))
    }),
  ],
})

async function readDetails({ connectionString, admin }: SecureServer, path: string, name: string): Promise<string> {
  const { reply } = await callRaw(connectionString, path, messageField(1, textField(1, name)), admin)
  return fieldsOf(reply)
    .map(({ bytes }) => String(bytes))
    .join(' ')
}
