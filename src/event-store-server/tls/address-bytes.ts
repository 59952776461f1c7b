/** An IP address, v4 or v6, as the four or sixteen bytes certificates hold. Needs what `isIP` takes. */
import { isIPv4 } from 'node:net'

export function toAddressBytes(address: string): Buffer {
  return isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : toLongAddress(address)
}

function toLongAddress(address: string): Buffer {
  const [head = '', tail] = withoutDottedEnd(address.replace(/%.*$/, '')).split('::')
  const first = toGroups(head)
  const last = toGroups(tail ?? '')
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length
  const groups = [...first, ...Array<number>(Math.max(0, zeros)).fill(0), ...last]
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]))
}

/** `::ffff:127.0.0.1` ends in an address of the other kind. */
function withoutDottedEnd(address: string): string {
  return address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  )
}

function toGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}
