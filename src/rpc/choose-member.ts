import type { HubMember, RoutedCall } from './call-hub.ts'
import type { AnnouncedCall } from './call-listener.ts'
import { RpcFailure } from './rpc-failure.ts'

/** Whom a call goes to: pure functions of who is connected and what was asked. */
export type Member = HubMember & {
  isStarting: boolean
  calls: ReadonlyMap<string, AnnouncedCall>
  inFlight: number
}

type Asked = Pick<RoutedCall, 'name' | 'to'>

/** All that listen and fit. */
export function findMembers(members: Iterable<Member>, { name, to }: Asked): readonly Member[] {
  return [...members].filter((member) => fits(member, to) && member.calls.has(name))
}

/** Of those that listen and fit, one with the fewest calls under way; `turn` decides between equals. */
export function chooseMember(members: Iterable<Member>, { name, to }: Asked, turn: number): Member | undefined {
  let best: Member[] = []
  for (const member of members) {
    if (!fits(member, to) || !member.calls.has(name)) continue
    const fewest = best[0]?.inFlight ?? Number.POSITIVE_INFINITY
    if (member.inFlight < fewest) best = [member]
    else if (member.inFlight === fewest) best.push(member)
  }
  return best[turn % best.length]
}

/** Whether one that fits may still come to listen by itself. */
export function isExpected(members: Iterable<Member>, { to }: Asked): boolean {
  for (const member of members) if (member.isStarting && fits(member, to)) return true
  return false
}

export function explainUnknown(members: Iterable<Member>, { name, to }: Asked): RpcFailure {
  const ofRole = [...members].filter(({ role }) => role === to.role)
  const words = ofRole.length === 0 ? `no ${to.role} is connected` : explainAmong(ofRole, name, to)
  return new RpcFailure(name, 'unknown-callee', `Nobody listens to "${name}": ${words}.`)
}

function explainAmong(ofRole: readonly Member[], name: string, to: Asked['to']): string {
  const present = ofRole.map((member) => `${member.name} in zone ${member.zone}`).join(', ')
  const wanted = describeTarget(to)
  if (!ofRole.some((member) => fits(member, to))) return `no ${to.role} ${wanted} is connected; there are ${present}`
  const listening = ofRole.filter((member) => member.calls.has(name)).map((member) => member.name)
  if (listening.length > 0) return `the ${to.role} ${wanted} does not; ${listening.join(', ')} would`
  return `the plugin has no such part running on ${to.role}; connected: ${present}`
}

function describeTarget({ instance, name, zone }: Asked['to']): string {
  if (instance !== undefined) return `of instance ${instance}`
  return name !== undefined ? `named ${name}` : `in zone ${zone}`
}

function fits(member: Member, { role, instance, name, zone }: Asked['to']): boolean {
  return (
    member.role === role &&
    (instance === undefined || member.instance === instance) &&
    (name === undefined || member.name === name) &&
    (zone === undefined || member.zone === zone)
  )
}
