/** The options of a role as text for --help. */
import { listOptions } from './option-tree.ts'
import { type ConfigRole, roleOptions } from './options/role-options.ts'

export function describeOptions(role: ConfigRole): string {
  const listed = listOptions(roleOptions[role])
  const width = Math.max(...listed.map(({ key }) => key.length))
  return listed
    .map(({ key, option }) => {
      const override = option.variable === undefined ? '' : ` [${option.variable}]`
      return `  ${key.padEnd(width)}  ${option.words} Default ${option.defaultWords}.${override}`
    })
    .join('\n')
}
