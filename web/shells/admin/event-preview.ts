/** An event's data in a few words, for one line of a list: what says nothing new beside it is left out. */
export function previewOf(event: {
  readonly data: unknown
  readonly entityId: string
  readonly refused: string | null
}): string {
  const { data, entityId, refused } = event
  const shown = refused !== null && isRecord(data) ? data.data : data
  if (!isRecord(shown)) return ''
  const parts = Object.entries(shown).flatMap(([name, value]) =>
    value === entityId || value === null
      ? []
      : [`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`],
  )
  return parts.join(', ').slice(0, charsMax)
}

const charsMax = 200

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
