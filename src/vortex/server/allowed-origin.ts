/** Browsers name the page's origin on every websocket; a foreign page must not ride on a person's cookie. */
export function isSameHost(origin: string | null, host: string | null): boolean {
  if (origin === null) return true
  return host !== null && URL.canParse(origin) && new URL(origin).host === host
}
