/** The build this page is of, as web/build wrote it into the page; empty in a page that was not built by it. */
export function pageBuild(page: Pick<Document, 'querySelector'> = document): string {
  return page.querySelector('meta[name="peek-build"]')?.getAttribute('content') ?? ''
}
