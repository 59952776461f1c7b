import { usePeek } from './peek-context.ts'
import type { RecordMark } from './record-marks.ts'

/** How the actions of this device on one record stand; `RecordMarks` of `#web/ui` draws it. */
export type MarksHandle = {
  list(): readonly RecordMark[]
  /** Of a change that was seen. */
  dismiss(id: string): void
}

export function useMarks(entityId: () => string): MarksHandle {
  const { marks } = usePeek('useMarks')
  return { list: () => marks.of(entityId()), dismiss: marks.dismiss }
}
