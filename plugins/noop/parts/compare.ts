/** `equal`, or both: the fields in the order of their names, and none left out. */
export function compare(sent: object, came: unknown): string {
  const [wanted, found] = [toText(sent), toText(came)]
  return wanted === found ? 'equal' : `sent ${wanted}, got ${found}`
}

function toText(value: unknown): string {
  const isObject = typeof value === 'object' && value !== null
  return JSON.stringify(value, isObject ? Object.keys(value).toSorted() : undefined) ?? 'nothing'
}
