/**
 * Versions of the frames. A change of any frame schema takes a new number here and a line in the history.
 *
 *   1  greeting, beats, acts, observations with rows and patches, asks.
 */
export const protocolVersion = 1
export const spokenVersions: readonly number[] = [1]

/** The version both sides speak that the caller likes best, or undefined when there is none (V1). */
export function agreeVersion(
  callerSpeaks: readonly number[],
  weSpeak: readonly number[] = spokenVersions,
): number | undefined {
  return callerSpeaks.find((version) => weSpeak.includes(version))
}
