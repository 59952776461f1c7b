/** Connections by remote address, bounded (V4). */
export interface AddressCount {
  /** Takes one place, or says that all are taken. */
  acquire(address: string): boolean
  release(address: string): void
}

export function createAddressCount(countMax: number): AddressCount {
  const counts = new Map<string, number>()
  return {
    acquire: (address) => {
      const count = counts.get(address) ?? 0
      if (count >= countMax) return false
      counts.set(address, count + 1)
      return true
    },
    release: (address) => {
      const count = counts.get(address) ?? 0
      if (count <= 1) counts.delete(address)
      else counts.set(address, count - 1)
    },
  }
}
