import { type Accessor, createSignal, onCleanup } from 'solid-js'
import {
  beginExport,
  cancelExport,
  type ExportFormat,
  type ExportStatus,
  exportFileUrl,
  loadExport,
} from './audit-api.ts'

export type AuditExport = {
  readonly status: Accessor<ExportStatus | undefined>
  /** Begins one, and has the browser fetch the file. Rejects with what the server said. */
  begin(query: URLSearchParams, format: ExportFormat): Promise<void>
  cancel(): Promise<void>
  dismiss(): void
}

const lookEveryMs = 500

/** One export at a time: the browser writes the file, the server says how far it is. */
export function createAuditExport(): AuditExport {
  const [status, setStatus] = createSignal<ExportStatus>()
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))

  const look = async (): Promise<void> => {
    const known = status()
    if (known === undefined || !isUnderWay(known)) return
    const next = await loadExport(known.id).catch(() => known)
    if (status()?.id !== known.id) return
    setStatus(next)
    if (isUnderWay(next)) timer = setTimeout(() => void look(), lookEveryMs)
  }

  return {
    status,
    begin: async (query, format) => {
      const begun = await beginExport(query, format)
      setStatus(begun)
      fetchFile(begun)
      clearTimeout(timer)
      timer = setTimeout(() => void look(), lookEveryMs)
    },
    cancel: async () => {
      const known = status()
      if (known) setStatus(await cancelExport(known.id))
    },
    dismiss: () => setStatus(undefined),
  }
}

export function isUnderWay({ state }: Pick<ExportStatus, 'state'>): boolean {
  return state === 'waiting' || state === 'running'
}

/** The browser's own download: it writes as it reads, and goes on when this page is left. */
function fetchFile({ id, fileName }: ExportStatus): void {
  const link = document.createElement('a')
  link.href = exportFileUrl(id)
  link.download = fileName
  link.click()
}
