/** The settings of a plugin in a real browser: edited, refused where they do not fit or somebody was faster, and kept with who. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import type { Browser, Page } from 'playwright-core'
import { systemClock } from '#kernel/clock.ts'
import { silentLog } from '#kernel/log.ts'
import { systemRandom } from '#kernel/random.ts'
import { defineLogicPart } from '#plugin-api/define-plugin.ts'
import { defineSettings } from '#plugin-api/part-context.ts'
import { parseManifest } from '#plugin-host/manifest.ts'
import { createFakeRebuildControl } from '#projection/rebuild/testing/fake-rebuild-control.ts'
import { createSettingsKeeper, type SettingsKeeper } from '#services/logic/settings-keeper.ts'
import { type AdminDesk, startAdminDesk } from '#support/admin-desk.ts'
import { type AdminPageOptions, openAdminPage } from '#support/admin-page.ts'
import { launchBrowser } from '#support/chromium.ts'
import { eventually } from '#support/eventually.ts'
import { findFaults } from '#support/find-faults.ts'
import { boolean, integer, list, nullable, oneOf, text } from '#vortex/protocol/fields.ts'

const reader = { user: 'ann', password: 'correct horse' }
let browser: Browser
let desk: AdminDesk
let keeper: SettingsKeeper
let started: Promise<void>

const definition = defineSettings('mail', {
  fields: {
    serverHost: text({ lengthMin: 1 }),
    serverPort: integer({ min: 1, max: 65_535 }),
    encryption: oneOf(['none', 'starttls', 'tls']),
    keepsCopies: boolean(),
    blockedAddresses: list(text()),
    quotaPerDay: nullable(integer({ min: 1 })),
  },
  defaults: {
    serverHost: 'localhost',
    serverPort: 25,
    encryption: 'starttls',
    keepsCopies: false,
    blockedAddresses: [],
    quotaPerDay: null,
  },
  words: {
    serverHost: 'The machine that takes mail.',
    serverPort: 'Its port.',
    encryption: 'How the connection is kept private.',
    keepsCopies: 'Whether a copy of each mail is kept.',
    blockedAddresses: 'Who never gets mail from us.',
    quotaPerDay: 'The most mails in a day.',
  },
})
const mail = {
  folder: '/nowhere',
  version: '1.0.0',
  manifest: parseManifest('mail', { peek: { id: 'mail', title: 'Mail', platform: '*' } }),
  logic: defineLogicPart({ settings: definition }),
}

beforeAll(async () => {
  browser = await launchBrowser()
})
beforeEach(async () => {
  await desk?.[Symbol.asyncDispose]()
  desk = startAdminDesk({
    ...reader,
    control: createFakeRebuildControl({ clock: systemClock, versions: {}, differences: [] }),
    projections: [],
    settings: (store) => {
      keeper = createSettingsKeeper({
        plugins: [mail],
        store: () => store,
        instance: 'desk',
        clock: systemClock,
        random: systemRandom,
        log: silentLog,
      })
      started = keeper.start(store)
      return keeper
    },
  })
  await started
})
afterAll(async () => {
  await browser?.close()
  await desk?.[Symbol.asyncDispose]()
})

const openAdmin = (path: string, options?: AdminPageOptions): Promise<Page> =>
  openAdminPage(browser, { ...reader, url: desk.url }, path, options)
const box = (page: Page, label: string) => page.getByLabel(label, { exact: true })
const save = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Save …' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
}
/** What an administrator at another desk does. */
const changeElsewhere = (values: Parameters<SettingsKeeper['change']>[1]['values'], revision: number) =>
  keeper.change('mail', { values, revision, user: 'bob' })

test('every kind of field is edited, the dialog says what will change, and the log who changed what', async () => {
  const page = await openAdmin('/')
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByText('As the plugin has it by itself').waitFor()
  await page.getByRole('link', { name: 'Mail' }).click()
  await box(page, 'Server host').fill('mx.example')
  await box(page, 'Server port').fill('587')
  await box(page, 'Encryption').selectOption('tls')
  await page.getByRole('checkbox', { name: /^Keeps copies/ }).check()
  await box(page, 'Blocked addresses').fill('one@example\n\n two@example ')
  await box(page, 'Quota per day').fill('100')
  await page.getByRole('button', { name: 'Save …' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Server port: 25 → 587').waitFor()
  await dialog.getByText('Keeps copies: no → yes').waitFor()
  await dialog.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('list', { name: 'Changes of settings' }).getByText('Quota per day: nothing → 100').waitFor()
  await page.getByText('Nothing changed.').waitFor()
  expect(keeper.valuesOf('mail')).toEqual({
    serverHost: 'mx.example',
    serverPort: 587,
    encryption: 'tls',
    keepsCopies: true,
    blockedAddresses: ['one@example', 'two@example'],
    quotaPerDay: 100,
  })

  await page.getByRole('button', { name: 'Back to the default: 25 for Server port' }).click()
  await box(page, 'Quota per day').fill('')
  await save(page)
  await page.getByRole('list', { name: 'Changes of settings' }).getByText('Server port: 587 → 25').waitFor()
  expect(keeper.valuesOf('mail')).not.toHaveProperty('serverPort')
  expect(desk.store.streamOf('peek.Settings-mail').map(({ metadata }) => metadata.user)).toEqual(['ann', 'ann'])
})

test('what does not fit is said beside its field, by the page or by the server, and nothing typed is lost', async () => {
  const page = await openAdmin('/settings/mail')
  await box(page, 'Server port').fill('many')
  await page.getByRole('button', { name: 'Save …' }).click()
  await page.getByText('Server port must be a number.').waitFor()
  await box(page, 'Server port').fill('70000')
  await save(page)
  await page.getByRole('dialog').getByText('do not fit: serverPort must be between 1 and 65535').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByText('Server port must be between 1 and 65535.').waitFor()
  expect(await box(page, 'Server port').inputValue()).toBe('70000')
  expect(desk.store.streamOf('peek.Settings-mail')).toHaveLength(0)
})

test('when somebody else was faster it is said at once, and nothing is saved over what nobody here has seen', async () => {
  const page = await openAdmin('/settings/mail')
  await box(page, 'Server host').fill('mine.example')
  await changeElsewhere({ serverPort: 26 }, 0)
  await page.getByText('bob changed these settings').waitFor()
  expect(await box(page, 'Server host').inputValue()).toBe('mine.example')
  expect(await page.getByRole('button', { name: 'Save …' }).isDisabled()).toBe(true)
  await page.getByRole('button', { name: 'Show theirs' }).click()
  // What was typed is dropped at once; theirs are loaded then.
  await eventually('their port is shown', async () => (await box(page, 'Server port').inputValue()) === '26')
  await page.getByText('Nothing changed.').waitFor()
  expect(await box(page, 'Server host').inputValue()).toBe('localhost')

  await box(page, 'Server host').fill('mine.example')
  await page.getByRole('button', { name: 'Save …' }).click()
  await changeElsewhere({ serverPort: 27 }, 1)
  await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('dialog').getByText('were changed by bob after you opened them').waitFor()
  expect(keeper.valuesOf('mail')).toEqual({ serverPort: 27 })
})

test('whoever has typed nothing sees what others set without asking', async () => {
  const page = await openAdmin('/settings/mail')
  await box(page, 'Server host').waitFor()
  await changeElsewhere({ serverHost: 'theirs.example' }, 0)
  await page.getByRole('button', { name: 'Back to the default: localhost for Server host' }).waitFor()
  expect(await box(page, 'Server host').inputValue()).toBe('theirs.example')
})

test.each([
  ['light', 360],
  ['dark', 1280],
] as const)('the page is clear of faults that axe finds, %s at %d px', async (colorScheme, width) => {
  await changeElsewhere({ serverPort: 26, keepsCopies: true }, 0)
  const page = await openAdmin('/settings/mail', { colorScheme, viewport: { width, height: 900 } })
  await box(page, 'Server port').fill('many')
  await page.getByRole('button', { name: 'Save …' }).click()
  await page.getByText('Server port must be a number.').waitFor()
  expect(await findFaults(page)).toEqual([])
  if (process.env.PEEK_SHOTS)
    await page.screenshot({ path: `${process.env.PEEK_SHOTS}/settings-${width}.png`, fullPage: true })
})
