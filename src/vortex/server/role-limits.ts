import { type Limits, serviceBodySizeMax } from '../protocol/limits.ts'
import type { Hello } from '../protocol/up.ts'

/** A service speaks for a whole crowd of devices, so its bounds are the crowd's. */
const serviceFrameSizeBytesMax = 16 * 1024 * 1024
const crowdFactor = 100
/** Calls between services come by tens of thousands a second. */
const crowdFramesFactor = 2_000

export function limitsFor(role: Hello['role'], limits: Limits): Limits {
  if (role === 'device') return limits
  return {
    ...limits,
    frameSizeBytesMax: socketFrameSizeBytesMax(limits),
    framesPerSecondMax: limits.framesPerSecondMax * crowdFramesFactor,
    bodySizeMax: serviceBodySizeMax,
    framesBurstMax: limits.framesBurstMax * crowdFactor,
    observationsMax: limits.observationsMax * crowdFactor,
    requestsInFlightMax: limits.requestsInFlightMax * crowdFactor,
  }
}

/** What the socket itself must let through: roles are known only after the greeting. */
export function socketFrameSizeBytesMax(limits: Limits): number {
  return Math.max(limits.frameSizeBytesMax, serviceFrameSizeBytesMax)
}
