import type { Gateway } from '../../shared/services.ts'
import type { BareScreen } from './bare-screen.ts'

/** What a screen does, step by step. It notes what it sees and judges nothing: that is the checks' part. */
export type Script = (tools: {
  readonly service: Gateway
  readonly counterId: string
  open(device?: string): Promise<BareScreen>
  see(what: string, found: string | number | boolean): void
}) => Promise<void>

export function createSeen() {
  const lines: string[] = []
  return { lines, see: (what: string, found: string | number | boolean) => void lines.push(`${what}: ${found}`) }
}
