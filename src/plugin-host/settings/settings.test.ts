import { describe, expect, test } from 'bun:test'
import { defineSettings } from '#plugin-api/part-context.ts'
import { describeField, type FieldDescription } from '#vortex/protocol/describe-field.ts'
import { boolean, instant, integer, list, nullable, number, oneOf, text, uuid } from '#vortex/protocol/fields.ts'
import type { Field } from '#vortex/protocol/tuple.ts'
import { checkSettings } from './check-settings.ts'

describe('the control of a field', () => {
  test.each<[string, Field<unknown>, FieldDescription]>([
    [
      'text',
      text({ lengthMax: 9 }),
      { control: { kind: 'text' }, isNullable: false, takes: 'text of 0 to 9 characters' },
    ],
    ['uuid', uuid(), { control: { kind: 'id' }, isNullable: false, takes: 'uuid' }],
    ['instant', instant(), { control: { kind: 'instant' }, isNullable: false, takes: 'instant' }],
    ['number', number(), { control: { kind: 'number', isWhole: false }, isNullable: false, takes: 'number' }],
    [
      'integer',
      integer({ min: 1, max: 5 }),
      { control: { kind: 'number', isWhole: true }, isNullable: false, takes: 'whole number from 1 to 5' },
    ],
    ['boolean', boolean(), { control: { kind: 'toggle' }, isNullable: false, takes: 'true or false' }],
    [
      'choice',
      oneOf(['red', 'green']),
      { control: { kind: 'choice', choices: ['red', 'green'] }, isNullable: false, takes: 'one of red, green' },
    ],
    [
      'number or nothing',
      nullable(integer({ min: 0, max: 9 })),
      { control: { kind: 'number', isWhole: true }, isNullable: true, takes: 'whole number from 0 to 9, or null' },
    ],
    ['list of texts', list(text()), { control: { kind: 'lines' }, isNullable: false, takes: expect.any(String) }],
    ['list of numbers', list(number()), { control: { kind: 'json' }, isNullable: false, takes: expect.any(String) }],
  ])('of a %s', (_, field, described) => {
    expect(describeField(field)).toEqual(described)
  })
})

describe('values', () => {
  const definition = defineSettings('one', {
    fields: { host: text({ lengthMin: 1 }), port: integer({ min: 1, max: 65_535 }) },
    defaults: { host: 'localhost', port: 80 },
    words: { host: 'Where', port: 'At which door' },
  })

  test('are kept where they differ from the default', () => {
    expect(checkSettings(definition, { host: 'elsewhere', port: 80 })).toEqual({
      ok: true,
      kept: { host: 'elsewhere' },
    })
  })

  test('that do not fit are named, each with what is wrong', () => {
    expect(checkSettings(definition, { host: '', port: 0.5, ports: 3, constructor: 1 })).toEqual({
      ok: false,
      faults: {
        host: 'must not be empty',
        port: 'must be a whole number, is 0.5',
        ports: 'is no setting of this plugin; did you mean "port"?',
        constructor: 'is no setting of this plugin',
      },
    })
  })
})
