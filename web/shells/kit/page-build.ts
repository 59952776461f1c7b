/** The build this page is of, as web/build wrote it into the page; empty in a page that was not built by it. */
export function pageBuild(page: Pick<Document, 'querySelector'> = document): string {
  return metaText(page, 'peek-build')
}

/** Names this page and all the code it starts with; the manifest of an edition names the shell its screens are for. */
export function pageShell(page: Pick<Document, 'querySelector'> = document): string {
  return metaText(page, 'peek-shell')
}

function metaText(page: Pick<Document, 'querySelector'>, name: string): string {
  return page.querySelector(`meta[name="${name}"]`)?.getAttribute('content') ?? ''
}
