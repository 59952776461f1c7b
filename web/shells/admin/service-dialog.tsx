import type { JSX } from 'solid-js'
import { ConfirmDialog, showToast } from '#web/ui'
import { tellService } from './service-api.ts'
import { type Deed, deedWords, type ServiceRow, serviceTitle } from './service-looks.ts'

export type ServiceQuestion = { readonly deed: Deed; readonly service: ServiceRow }

const verbs: Record<Deed, string> = { restart: 'Restart', drain: 'Drain', resume: 'Take jobs again' }
const toasts: Record<Deed, string> = {
  restart: 'is restarted.',
  drain: 'takes no new jobs.',
  resume: 'takes jobs again.',
}

/** Asks before an instance is told to restart, to take no jobs, or to take them again; says what will happen. */
export function ServiceDialog(props: { readonly question: ServiceQuestion | undefined; onClose(): void }): JSX.Element {
  const deed = () => props.question?.deed ?? 'restart'
  const title = () => (props.question ? serviceTitle(props.question.service) : '')
  async function decide(reason: string): Promise<void> {
    const asked = props.question
    if (!asked) return
    await tellService(asked.service.id, asked.deed, reason)
    showToast(`${serviceTitle(asked.service)} ${toasts[asked.deed]}`)
  }
  return (
    <ConfirmDialog
      open={props.question !== undefined}
      title={deed() === 'resume' ? `Let ${title()} take jobs again?` : `${verbs[deed()]} ${title()}?`}
      words={props.question ? deedWords(props.question.deed, props.question.service) : ''}
      confirm={verbs[deed()]}
      danger={deed() === 'restart'}
      {...(deed() === 'resume' ? {} : { reasonLabel: 'Reason' })}
      onConfirm={decide}
      onClose={() => props.onClose()}
    />
  )
}
