import { createMemoryReactorJournals } from './memory-reactor-journals.ts'
import { describeReactorJournal } from './reactor-journal-contract.ts'

describeReactorJournal('a reactor’s journal in memory', () => createMemoryReactorJournals().journal)
