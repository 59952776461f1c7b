import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { contentSecurityPolicy, inlineScripts } from './content-security-policy.ts'

const page = `<head><script type="importmap">{"imports":{}}</script><script>var a = 1
</script><script type="module" src="/main.js"></script></head>`

test('a policy names exactly the inline scripts of its page by their hashes', () => {
  expect(inlineScripts(page)).toEqual(['{"imports":{}}', 'var a = 1\n'])
  const hash = createHash('sha256').update('var a = 1\n').digest('base64')
  expect(contentSecurityPolicy(page)).toContain(`'sha256-${hash}'`)
  expect(contentSecurityPolicy(page).match(/sha256-/g)).toHaveLength(2)
})

test('a policy allows nothing that it does not name', () => {
  const policy = contentSecurityPolicy(page)
  expect(policy).toStartWith("default-src 'none'")
  expect(policy).not.toContain('unsafe-eval')
  expect(policy).not.toMatch(/script-src[^;]*unsafe-inline/)
})
