import { AnswerHelp, AskForHelp, answerHelpFields, askForHelpFields } from '#vortex/protocol/help-request.ts'
import { defineAction } from './define-action.ts'

/** Asking the office for help with actions of a device, and answering, as logic runs them. */
export const askForHelp = defineAction(AskForHelp.name, { ...AskForHelp, fields: askForHelpFields })
export const answerHelp = defineAction(AnswerHelp.name, { ...AnswerHelp, fields: answerHelpFields, access: 'admin' })
