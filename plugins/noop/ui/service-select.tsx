import type { JSX } from 'solid-js'
import { SelectInput } from '#web/ui'
import { type Service, services } from '../shared/services.ts'

export const titleOf: Readonly<Record<Service, string>> = {
  logic: 'Logic',
  field: 'Field',
  office: 'Office',
  agent: 'Agent',
  worker: 'Worker',
}

export function ServiceSelect(props: {
  readonly label: string
  readonly value: Service
  onChange(service: Service): void
}): JSX.Element {
  return (
    <SelectInput
      label={props.label}
      class="w-44"
      value={props.value}
      options={services.map((value) => ({ value, title: titleOf[value] }))}
      onChange={props.onChange}
    />
  )
}
