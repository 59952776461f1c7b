/**
 * Calls to an outside system over SOAP.
 *
 *     const works = createSoapClient(context, { system: 'works', wsdl: 'https://works.example/orders?wsdl' })
 *     const { OrderId } = await works.call('CreateOrder', { Title: 'Pole 7' }, { answer: { OrderId: text() } })
 *
 * Promises: the description (WSDL) is fetched when first needed and kept; all of it travels over the same bounded, guarded
 * HTTP as `createHttpClient`; an operation is repeated only where the caller says that it may be; a fault is `refused` or
 * `failed`, in the words of the far side.
 */
import { type Client, createClientAsync } from 'soap'
import { describeError } from '#kernel/platform-error.ts'
import { parseWith } from '#vortex/protocol/parse.ts'
import type { CallFigures } from '../guard/call-figures.ts'
import { createGuard, type OutsideContext, type Patience } from '../guard/guard.ts'
import { isOutsideFailure, OutsideFailure } from '../guard/outside-failure.ts'
import { makeRedact } from '../guard/redact.ts'
import { type AnswerShape, toAnswerSchema, type ValueOf } from '../http/answer-shape.ts'
import type { HttpTls } from '../http/exchange.ts'
import { type SoapCredentials, secretsOf, toSecurity } from './soap-credentials.ts'
import { createSoapTransport, soapFaultOf } from './soap-transport.ts'

export type SoapClientOptions = Patience & {
  readonly system: string
  /** Address or file of its description. */
  readonly wsdl: string
  /** Where it listens, when the description names another place. */
  readonly endpoint?: string
  readonly credentials?: SoapCredentials
  readonly tls?: HttpTls
  readonly answerBytesMax?: number
}

export type SoapCall<S extends AnswerShape> = {
  /** What the answer must be; elements that nobody asked for are left out. */
  readonly answer: S
  readonly isRepeatable?: boolean
  readonly signal?: AbortSignal
  readonly tryTimeoutMs?: number
  readonly deadlineMs?: number
}

export interface SoapClient {
  call<S extends AnswerShape>(operation: string, input: object, call: SoapCall<S>): Promise<ValueOf<S>>
  figures(): CallFigures
}

const answerBytesMaxDefault = 8 * 1_048_576

export function createSoapClient(context: OutsideContext, options: SoapClientOptions): SoapClient {
  const { system, wsdl, endpoint, credentials, tls, answerBytesMax = answerBytesMaxDefault } = options
  const redact = makeRedact(credentials ? secretsOf(credentials) : [])
  const guard = createGuard({ system, context, patience: options })
  const httpClient = createSoapTransport({ system, tls, answerBytesMax, redact })
  let opened: Client | undefined

  return {
    figures: guard.figures,
    call: async (operation, input, call) => {
      const guarded = { signal: call.signal, tryTimeoutMs: call.tryTimeoutMs, deadlineMs: call.deadlineMs }
      if (!opened) await guard.run({ ...guarded, what: `reading ${wsdl}`, isRepeatable: true }, open)
      const found = await guard.run(
        { ...guarded, what: `SOAP ${operation}`, isRepeatable: call.isRepeatable ?? false },
        (signal) => callOnce(operation, input, signal),
      )
      const parsed = parseWith(toAnswerSchema(call.answer), found ?? {})
      if (parsed.ok) return parsed.value
      const words = `SOAP ${operation} answered something else than agreed: ${parsed.words}. Compare with ${wsdl}.`
      throw new OutsideFailure(system, 'bad-answer', words)
    },
  }

  async function open(signal: AbortSignal): Promise<void> {
    try {
      const client = await createClientAsync(
        wsdl,
        { httpClient, disableCache: true, wsdl_options: { signal } },
        endpoint,
      )
      if (credentials) client.setSecurity(toSecurity(credentials))
      opened = client
    } catch (error) {
      if (isOutsideFailure(error)) throw error
      const words = `${wsdl} is no description of a SOAP service that can be used: ${redact(describeError(error))}`
      throw new OutsideFailure(system, 'bad-answer', words, { effect: 'none' })
    }
  }

  async function callOnce(operation: string, input: object, signal: AbortSignal): Promise<unknown> {
    const described = opened
    const known: unknown = described?.describe()
    if (!described || !isOperation(described, operation)) {
      const words = `${wsdl} describes no operation "${operation}"; it has ${listOperations(known).join(', ')}.`
      throw new OutsideFailure(system, 'bad-input', words, { effect: 'none' })
    }
    return new Promise((resolve, reject) => {
      const onResult = (error: unknown, result: unknown): void => {
        if (error === null || error === undefined) resolve(result)
        else reject(toSoapFailure(operation, error))
      }
      described[operation]?.(input, onResult, { signal })
    })
  }

  function toSoapFailure(operation: string, error: unknown): unknown {
    if (isOutsideFailure(error)) return error
    const fault = soapFaultOf(error)
    if (!fault) {
      const words = `SOAP ${operation}: the answer cannot be read: ${redact(describeError(error)).slice(0, 500)}`
      return new OutsideFailure(system, 'bad-answer', words)
    }
    const words = `SOAP ${operation} was answered with the fault "${fault.code}": ${redact(fault.words)}`
    const facts = { code: fault.code }
    return fault.isOurs
      ? new OutsideFailure(system, 'refused', `${words} Correct the call.`, { effect: 'none', facts })
      : new OutsideFailure(system, 'failed', `${words} Its own log says more.`, { facts })
  }
}

function isOperation(client: Client, operation: string): boolean {
  return listOperations(client.describe()).includes(operation)
}

/** Service, port, operation. */
function listOperations(described: unknown): string[] {
  return entriesOf(described).flatMap(([, service]) =>
    entriesOf(service).flatMap(([, port]) => entriesOf(port).map(([name]) => name)),
  )
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
