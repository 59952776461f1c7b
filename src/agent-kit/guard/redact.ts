/** Takes secrets out of texts that go into errors and logs. */
export type Redact = (text: string) => string

const shortestSecretLength = 4

/** Also as they stand in an address and in a header of basic authentication. */
export function makeRedact(secrets: readonly (string | undefined)[]): Redact {
  const known = secrets.filter((secret) => secret !== undefined && secret.length >= shortestSecretLength)
  const spellings = new Set(
    known.flatMap((secret) => (secret === undefined ? [] : [secret, encodeURIComponent(secret)])),
  )
  const longestFirst = [...spellings].sort((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}
