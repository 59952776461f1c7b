/**
 * Versions of the frames. A change of any frame schema takes a new number here and a line in the history.
 *
 *   1  greeting, beats, acts, observations with rows and patches, asks.
 *   2  effects: what became of accepted actions that are not in the rows, and the request about them.
 *   3  calls: requests downwards too, with a target, an origin and on whose behalf; cancel; bodies in parts; several
 *      frames in one message between services; name and zone of a service in its hello.
 *   4  devices with an outbox and a cache: numbers of actions, actions done in another way than asked for, how a device
 *      stands, checks of what it keeps, which is not sent again while it is right; several frames in one message for devices too.
 */
export const protocolVersion = 4
export const spokenVersions: readonly number[] = [4, 3, 2, 1]

/** From this version on a caller understands `effects`. */
export const effectsVersion = 2

/** From this version on requests go both ways, may be cancelled, and have large bodies in parts. */
export const callsVersion = 3
/**
 * From this version on actions have numbers, answers tell of changes, devices put several frames into one message, and rows
 * are compared by their hash.
 */
export const outboxVersion = 4

/** The version both sides speak that the caller likes best, or undefined when there is none (V1). */
export function agreeVersion(
  callerSpeaks: readonly number[],
  weSpeak: readonly number[] = spokenVersions,
): number | undefined {
  return callerSpeaks.find((version) => weSpeak.includes(version))
}
