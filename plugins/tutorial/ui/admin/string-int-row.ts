import type { TupleOf } from '#plugin-api/shared'
import type { StringInt } from '../../shared/tuples.ts'

export type StringIntRow = TupleOf<typeof StringInt>

/** A rename under way: what is typed, and the text the editor saw when typing it. */
export type RenameDraft = { readonly typed: string; readonly sawString1: string }

/** What is typed on the page and not yet accepted, by row. */
export type Drafts = Record<string, { readonly rename?: RenameDraft | undefined; readonly offset?: string }>
