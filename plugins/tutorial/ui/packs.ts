import { definePack } from '#web/sdk'
import { StringInt } from '../shared/tuples.ts'

/** What a person may fetch on the Device page before leaving coverage. */
export const packs = [
  definePack({
    name: 'tutorial.AllStringInts',
    title: 'All string ints',
    words: 'Every text with its number, as the lists show them.',
    selectors: () => [{ of: StringInt, selector: {} }],
  }),
]
