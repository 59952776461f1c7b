import { expect, test } from 'bun:test'
import { buildErrorWords } from './build-error-words.ts'

test('a build error keeps the place and the sentence, not the stack of the bundler', () => {
  const error = new Error(`Build failed with 1 error:

[plugin peek-solid-transform] /peek/plugins/worse/ui/x.tsx:1:26
SyntaxError: /peek/plugins/worse/ui/x.tsx: Unexpected keyword 'return'. (1:26)
    at raise (/peek/node_modules/@babel/parser/lib/index.js:6632:19)`)
  expect(buildErrorWords(error, '/peek')).toBe(`[plugin peek-solid-transform] plugins/worse/ui/x.tsx:1:26
SyntaxError: plugins/worse/ui/x.tsx: Unexpected keyword 'return'. (1:26)`)
})
