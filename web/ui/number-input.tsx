import { type JSX, splitProps } from 'solid-js'
import { TextInput, type TextInputProps } from './text-input.tsx'

export type NumberInputProps = Omit<TextInputProps, 'type' | 'inputmode'>

/**
 * A number as typed. The value stays text until it is used, so that nothing a person typed is changed under their
 * hands; `parseTypedNumber` reads it.
 */
export function NumberInput(props: NumberInputProps): JSX.Element {
  const [own, rest] = splitProps(props, ['class'])
  return <TextInput {...rest} inputmode="decimal" autocomplete="off" class={`tabular-nums ${own.class ?? ''}`} />
}

/** The number in a typed text, or undefined. Takes a decimal comma as a decimal point. */
export function parseTypedNumber(typed: string): number | undefined {
  const text = typed.trim().replace(',', '.').replace('−', '-')
  if (text === '') return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}
