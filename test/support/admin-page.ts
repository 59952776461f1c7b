/** A page of the admin app in a browser, signed in. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { Platform } from './platform.ts'

export type AdminSite = { readonly url: string; readonly user: string; readonly password: string }
export type AdminPageOptions = BrowserContextOptions & {
  /** What the page takes for today. */
  readonly today?: Date
  readonly actionTimeoutMs?: number
}

const defaultActionTimeoutMs = 30_000

/** In a context of its own: nobody else is signed in there. */
export async function openAdminPage(
  browser: Browser,
  { url, user, password }: AdminSite,
  path: string,
  { today, actionTimeoutMs = defaultActionTimeoutMs, ...options }: AdminPageOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(actionTimeoutMs)
  const page = await context.newPage()
  if (today) await page.clock.setFixedTime(today)
  await page.goto(`${url}${path}`)
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password').fill(password)
  const signIn = page.getByRole('button', { name: 'Sign in', exact: true })
  await signIn.click()
  // Whoever goes to another address sooner is nobody there.
  await signIn.waitFor({ state: 'detached' })
  return page
}

/** The admin app of a platform, as whoever set it up. */
export function recoverySite(platform: Platform): AdminSite {
  const config = JSON.parse(readFileSync(join(platform.home, 'logic/config.json'), 'utf8'))
  return { url: platform.url('logic'), user: 'recovery', password: config.httpServer.admin.recoveryUser.password }
}
