import { type ActionRegistry, createActionRegistry } from '#action/action-registry.ts'
import { accept, type Decider, decideOn, defineDecider, evolveOn, reject } from '#action/decider.ts'
import { defineAction } from '#action/define-action.ts'
import { earlier } from '#vortex/protocol/earlier-versions.ts'
import { integer, text } from '#vortex/protocol/fields.ts'
import { defineTuple } from '#vortex/protocol/tuple.ts'

/**
 * The business that the schedules are run with: a crew writes notes about sites. What a note says is what becomes of it.
 *
 * The read model keeps, for each site, the latest note in each of five slots; `erase` empties one.
 */
export const plugin = 'rig'
export const feed = 'rig.notes'
export const slotCount = 5

export type NoteWord = 'plain' | 'erase' | 'refuse' | 'break' | 'change'
export const noteWords: readonly NoteWord[] = ['plain', 'erase', 'refuse', 'break', 'change']

/** What a screen shows of a site. */
export const Note = defineTuple('rig.Note', { id: text(), site: text(), slot: integer(), word: text(), by: text() })
export const observableName = Note.name

const noteFields = { siteId: text(), slot: integer(), word: text() }
const ofSite = ({ siteId }: { readonly siteId: string }) => ['Site', siteId] as const
const noteName = 'rig.WriteNote'

/** As the app said it a year ago. */
export const WriteNoteOnce = defineAction(noteName, {
  version: 1,
  fields: noteFields,
  entity: ofSite,
  title: ({ word }) => `Note "${word}"`,
})

export const WriteNote = defineAction(noteName, {
  version: 2,
  fields: { ...noteFields, tone: text() },
  from: earlier(noteFields).today((note) => ({ ...note, tone: 'as ever' })),
  entity: ofSite,
  title: ({ word }) => `Note "${word}"`,
})

export type SiteState = { readonly noteCount: number }

const initialState = (): SiteState => ({ noteCount: 0 })
const counted = ({ noteCount }: SiteState): SiteState => ({ noteCount: noteCount + 1 })
const decide = ({ word }: { readonly word: string }) => {
  if (word === 'break') throw new Error('a bug of the plugin')
  return word === 'refuse' ? reject('not-so', 'A note must not say that.') : accept()
}

const today: Decider<unknown> = defineDecider<SiteState>({
  category: 'Site',
  initialState,
  decide: [decideOn(WriteNote, decide)],
  evolve: [evolveOn(WriteNote, counted)],
}) as Decider<unknown>

const aYearAgo: Decider<unknown> = defineDecider<SiteState>({
  category: 'Site',
  initialState,
  decide: [decideOn(WriteNoteOnce, decide)],
  evolve: [evolveOn(WriteNoteOnce, counted)],
}) as Decider<unknown>

/** The plugin as logic runs it: of a year ago, or of today. */
export function registryOf(version: 1 | 2): ActionRegistry {
  const registry = createActionRegistry()
  registry.register(plugin, version === 1 ? aYearAgo : today)
  return registry
}

/** What an app of that version sends. */
export function noteBody(version: 1 | 2, note: { siteId: string; slot: number; word: string }): string {
  return JSON.stringify(version === 1 ? note : { ...note, tone: 'calm' })
}
