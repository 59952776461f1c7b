/**
 * For `bun test --conditions=browser --preload ./web/build/test-preload.ts`: component tests without a browser.
 * Gives Bun a document to render into and Solid's compiler for TSX. Without the condition Bun takes Solid's server
 * build, which refuses to render.
 */
import { plugin } from 'bun'
import { installBrowserGlobals } from './browser-globals.ts'
import { compileSolid } from './solid-transform.ts'

installBrowserGlobals()

// After the globals: it looks for the document when it is loaded. What a test waits for may take a busy machine longer
// than the second that is usual there.
const { configure } = await import('@solidjs/testing-library')
configure({ asyncUtilTimeout: 20_000 })

plugin({
  name: 'peek-solid',
  setup(build) {
    build.onLoad({ filter: /\.tsx$/ }, async ({ path }) => ({
      contents: await compileSolid(path, await Bun.file(path).text()),
      loader: 'ts',
    }))
  },
})
