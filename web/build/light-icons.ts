import type { Plugin } from 'vite'
import { PlatformError } from '#kernel/platform-error.ts'

const iconFile = /[\\/]lucide-solid[\\/]dist[\\/]source[\\/]icons[\\/][^\\/]+\.jsx$/
const ownComponent = 'import Icon from "../Icon";'

/** Has the drawings of the icon library shown by the platform's own component. */
export function lightIcons(): Plugin {
  return {
    name: 'peek-light-icons',
    enforce: 'pre',
    transform: {
      filter: { id: iconFile },
      handler(source, id) {
        if (source.includes(ownComponent))
          return { code: source.replace(ownComponent, "import { SvgIcon as Icon } from '#web/ui'"), map: null }
        // A file of aliases, or a library that is made otherwise now.
        if (!source.includes('../Icon')) return null
        throw new PlatformError('bad-definition', `${id} is not as expected: it has no line ${ownComponent}`)
      },
    },
  }
}
