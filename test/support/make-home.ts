/**
 * A temporary home for a whole Peek; the caller removes it.
 *
 * As root PostgreSQL runs as another user, who has to walk through it: closed, as temporary folders are, it would make
 * the server keep its files under /var/lib/peek, where they outlive the test.
 */
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export function makeHome(prefix: string): string {
  const home = mkdtempSync(join(tmpdir(), prefix))
  if (process.getuid?.() === 0) chmodSync(home, 0o711)
  return home
}
