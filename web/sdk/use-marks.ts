import { usePeek } from './peek-context.ts'
import type { RecordMark } from './record-marks.ts'

/** How the actions of this device on one record stand; `RecordMarks` of `#web/ui` draws it. */
export type MarksHandle = {
  list(): readonly RecordMark[]
  /** Of a change that was seen. */
  dismiss(id: string): void
}

export function useMarks(entityId: () => string): MarksHandle {
  const { marks, outboxSignals } = usePeek('useMarks')
  return {
    list: () => {
      const list = marks.of(entityId())
      const isCutOff = list.some(({ state }) => state === 'sending') && outboxSignals.status().paused !== undefined
      return isCutOff ? list.map(withoutAnswer) : list
    },
    dismiss: marks.dismiss,
  }
}

/** Nothing is sent while there is no connection: whether it arrived is not known. */
function withoutAnswer(mark: RecordMark): RecordMark {
  return mark.state === 'sending' ? { ...mark, state: 'unanswered' } : mark
}
