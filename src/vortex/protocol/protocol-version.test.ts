import { expect, test } from 'bun:test'
import type * as v from 'valibot'
import { canonicalJson } from '#kernel/json.ts'
import { downSchema } from './down.ts'
import { agreeVersion, protocolVersion, spokenVersions } from './protocol-version.ts'
import { upSchema } from './up.ts'

/** What each version's frames hash to. A changed hash means: take a new number, keep the old line. */
const pinned: { readonly [version: number]: string } = {
  1: '717bc2ec9f911e83fd935f188170d7a581ffbc2bfbd30ce58bb112bfa39e4041',
  2: '798defcfbea097cd40522b2eab6cfb448eea23f8738a8efff89a6cf108558080',
  3: '34768ad7247c43fb865107ef796eb6b8868004cf0ec221cc24a6ef8e2987131c',
  4: '0b456118956ccc5d5e9a693cbf01cc9a55d33c7ec4fc16ea0a364fcfc96bc7ab',
}

test('V1 a change of any frame schema takes a new protocol version', () => {
  const shape = canonicalJson([describeSchema(upSchema), describeSchema(downSchema)])
  const hash = new Bun.CryptoHasher('sha256').update(shape).digest('hex')
  expect(hash, `protocol version ${protocolVersion} was pinned to other frames`).toBe(pinned[protocolVersion] ?? '')
})

test('V1 the newest version is spoken', () => expect(spokenVersions).toContain(protocolVersion))

test('V1 an old client and a new server agree on what both speak', () => {
  expect(agreeVersion([1], [3, 2, 1])).toBe(1)
  expect(agreeVersion([3, 2], [1, 2])).toBe(2)
  expect(agreeVersion([3], [1, 2])).toBeUndefined()
})

type AnySchema = v.GenericSchema & { readonly [part: string]: unknown }

/** The structure of a schema as JSON: its type, requirements, parts and choices, without functions. */
function describeSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(describeSchema)
  if (schema instanceof RegExp) return schema.source
  if (!isSchema(schema)) return typeof schema === 'function' ? 'function' : schema
  const { type, kind, requirement, entries, items, item, key, value, options, pipe, wrapped, literal } = schema
  const parts = { requirement, items, item, key, value, options, wrapped, literal }
  const described = Object.entries(parts).map(([name, part]) => [name, describeSchema(part)])
  const fields = Object.entries((entries as object | undefined) ?? {}).map(([name, one]) => [name, describeSchema(one)])
  // A pipe starts with the schema itself, which is described already.
  const steps = Array.isArray(pipe) ? pipe.slice(1).map(describeSchema) : undefined
  return { type, kind, ...Object.fromEntries(described), entries: Object.fromEntries(fields), steps }
}

function isSchema(value: unknown): value is AnySchema {
  return typeof value === 'object' && value !== null && 'kind' in value && 'type' in value
}
