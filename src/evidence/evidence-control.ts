/** What an administrator may ask of the hash chain, besides looking at it. */
export interface EvidenceControl {
  /** Reads the whole log against its chain, in the background. Throws `already-running`. */
  startVerification(): void
  stopVerification(): void
}
