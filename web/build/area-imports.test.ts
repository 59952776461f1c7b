import { expect, test } from 'bun:test'
import { resolveAreaImport } from './area-imports.ts'

const imports = {
  '#web/ui': './web/ui/index.ts',
  '#web/*': './web/*',
  '#*': './src/*',
}

test('an exact name wins over a pattern, and the longest pattern over a shorter one', () => {
  expect(resolveAreaImport(imports, '#web/ui')).toBe('./web/ui/index.ts')
  expect(resolveAreaImport(imports, '#web/ui/button.tsx')).toBe('./web/ui/button.tsx')
  expect(resolveAreaImport(imports, '#kernel/json.ts')).toBe('./src/kernel/json.ts')
})

test('a name that nothing matches is left to the bundler', () => {
  expect(resolveAreaImport({ '#web/*': './web/*' }, '#kernel/json.ts')).toBeUndefined()
})
