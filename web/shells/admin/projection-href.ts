/** The page of a projection. Neither a plugin's id nor a projection's name holds what an address would have to hide. */
export function projectionHref(id: string): string {
  return `/projections/${id.replace('.', '/')}`
}
