/**
 * For `bun test --conditions=browser --preload ./web/build/test-preload.ts`: component tests without a browser.
 * Gives Bun a document to render into and Solid's compiler for TSX. Without the condition Bun takes Solid's server
 * build, which refuses to render.
 */
import { plugin } from 'bun'
import { installBrowserGlobals } from './browser-globals.ts'
import { compileSolid } from './solid-transform.ts'

installBrowserGlobals()

plugin({
  name: 'peek-solid',
  setup(build) {
    build.onLoad({ filter: /\.tsx$/ }, async ({ path }) => ({
      contents: await compileSolid(path, await Bun.file(path).text()),
      loader: 'ts',
    }))
  },
})
