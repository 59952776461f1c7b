import { createHash } from 'node:crypto'

/**
 * The policy a shell is served with: nothing but its own files, and exactly the inline scripts of its page,
 * named by their hashes (the import map cannot live in a file of its own).
 */
export function contentSecurityPolicy(html: string): string {
  const inlineHashes = inlineScripts(html).map((script) => `'sha256-${sha256(script)}'`)
  return [
    "default-src 'none'",
    ["script-src 'self'", ...inlineHashes].join(' '),
    "style-src-elem 'self'",
    // Solid writes static style attributes into its templates.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    // In today's browsers 'self' covers the websocket of the same host.
    "connect-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

export function inlineScripts(html: string): string[] {
  const scripts = html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)
  return [...scripts].filter(([, attributes]) => !/\bsrc=/.test(attributes ?? '')).map(([, , text]) => text ?? '')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
