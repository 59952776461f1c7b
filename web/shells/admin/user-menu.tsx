import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import ChevronDown from 'lucide-solid/icons/chevron-down'
import CircleUser from 'lucide-solid/icons/circle-user'
import LogOut from 'lucide-solid/icons/log-out'
import type { JSX } from 'solid-js'
import { showToast } from '#web/ui'
import { useSession } from './session-gate.tsx'

export function UserMenu(): JSX.Element {
  const session = useSession()
  const leave = () => session.leave().catch((error: unknown) => showToast(String(error)))
  return (
    <DropdownMenu placement="bottom-end" modal={false}>
      <DropdownMenu.Trigger class="inline-flex min-h-touch items-center gap-1.5 rounded-control px-2 text-sm hover:bg-hover">
        <CircleUser class="size-5 text-ink-muted" aria-hidden="true" />
        <span class="max-w-32 truncate">{session.user}</span>
        <ChevronDown class="size-4 text-ink-muted" aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content class="z-40 min-w-44 rounded-control border border-line bg-raised p-1 shadow-raised outline-none">
        <DropdownMenu.Item
          onSelect={() => void leave()}
          class="flex min-h-touch cursor-pointer items-center gap-2 rounded-[calc(var(--radius-control)-2px)] px-3 text-sm outline-none data-highlighted:bg-hover"
        >
          <LogOut class="size-4 text-ink-muted" aria-hidden="true" />
          Log out
        </DropdownMenu.Item>
      </DropdownMenu.Content>
    </DropdownMenu>
  )
}
