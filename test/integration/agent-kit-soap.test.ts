import { afterEach, expect, test } from 'bun:test'
import { createServer } from 'node:http'
import { listen } from 'soap'
import { createSoapClient, type SoapClientOptions } from '#agent-kit/soap/soap-client.ts'
import { silentLog } from '#kernel/log.ts'
import { text } from '#vortex/protocol/fields.ts'

/** The SOAP client of the kit against a real SOAP service in this process. */

const cleanUps: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})
const failureOf = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error)
const orderOf = { OrderId: text() }

test('an operation is called by its name, and its answer is checked', async () => {
  const { client } = await open({ create: ({ Title }) => ({ OrderId: `${Title}-7`, Extra: 'not asked for' }) })
  const answer = await client.call('CreateOrder', { Title: 'Pole <&> "7"' }, { answer: orderOf })
  expect(answer).toEqual({ OrderId: 'Pole <&> "7"-7' })
  expect(await failureOf(client.call('CreateOrder', { Title: 'x' }, { answer: { Number: text() } }))).toMatchObject({
    kind: 'bad-answer',
  })
  // The description was read once.
  expect(client.figures()).toMatchObject({ callCount: 3, okCount: 3 })
})

test('a fault that blames the call is a refusal, one of the service may pass', async () => {
  const fault = (faultcode: string) => ({ create: () => throwFault({ faultcode, faultstring: 'No such pole.' }) })
  const refused = await open(fault('soap:Client'))
  expect(await failureOf(refused.client.call('CreateOrder', { Title: 'a' }, { answer: orderOf }))).toMatchObject({
    kind: 'refused',
    message: expect.stringContaining('No such pole.'),
  })
  const failed = await open(fault('soap:Server'))
  const error = await failureOf(failed.client.call('CreateOrder', { Title: 'a' }, { answer: orderOf }))
  expect(error).toMatchObject({ kind: 'failed', facts: { code: 'soap:Server' } })
})

test('an operation is repeated only where that was said', async () => {
  let calls = 0
  const { client } = await open({
    create: () =>
      ++calls % 2 === 1 ? throwFault({ faultcode: 'soap:Server', faultstring: 'later' }) : { OrderId: 'a' },
  })
  expect(await failureOf(client.call('CreateOrder', { Title: 'a' }, { answer: orderOf }))).toMatchObject({
    kind: 'failed',
  })
  expect(calls).toBe(1)
  calls = 0
  expect(await client.call('CreateOrder', { Title: 'a' }, { answer: orderOf, isRepeatable: true })).toEqual({
    OrderId: 'a',
  })
  expect(calls).toBe(2)
})

test('an operation that the description does not have is named with those it has', async () => {
  const { client } = await open({})
  expect(await failureOf(client.call('DropOrder', {}, { answer: {} }))).toMatchObject({
    kind: 'bad-input',
    message: expect.stringContaining('CreateOrder'),
  })
})

test('credentials travel as asked, and are in no error', async () => {
  const headers: unknown[] = []
  const credentials = { kind: 'basic', username: 'peek', password: 'the-secret' } as const
  const { client } = await open(
    {
      create: (_input, given) => {
        headers.push(given)
        throwFault({ faultcode: 'soap:Client', faultstring: 'the-secret is wrong' })
      },
    },
    { credentials },
  )
  const error = await failureOf(client.call('CreateOrder', { Title: 'a' }, { answer: orderOf }))
  expect(Bun.inspect(error)).not.toContain('the-secret')
  expect(headers).toEqual([`Basic ${Buffer.from('peek:the-secret').toString('base64')}`])
})

test('a service that is slow is given up by the deadline, and one that is away is unreachable', async () => {
  const { client, stop } = await open({ create: () => new Promise(() => undefined) }, { retryCountMax: 0 })
  const call = { answer: orderOf, tryTimeoutMs: 200 }
  expect(await failureOf(client.call('CreateOrder', { Title: 'a' }, call))).toMatchObject({ kind: 'timeout' })
  await stop()
  const away = client.call('CreateOrder', { Title: 'a' }, { answer: orderOf })
  expect(await failureOf(away)).toMatchObject({ kind: 'unreachable' })
})

test('what is no description says so', async () => {
  const site = Bun.serve({ port: 0, fetch: () => new Response('<html>Welcome</html>') })
  cleanUps.push(() => site.stop(true))
  const { client } = await open({}, { wsdl: site.url.href })
  expect(await failureOf(client.call('CreateOrder', {}, { answer: {} }))).toMatchObject({ kind: 'bad-answer' })
})

type Create = (input: { Title: string }, authorization: string | undefined) => unknown

function throwFault({ faultcode, faultstring }: { faultcode: string; faultstring: string }): never {
  throw Object.assign(new Error(faultstring), { Fault: { faultcode, faultstring } })
}

async function open(
  { create = () => ({ OrderId: '' }) }: { create?: Create },
  options: Partial<SoapClientOptions> = {},
) {
  const server = createServer((_, response) => response.writeHead(404).end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/orders`
  const CreateOrder = async (
    input: { Title: string },
    _done: unknown,
    _headers: unknown,
    request: { headers: { authorization?: string } },
  ) => create(input, request.headers.authorization)
  listen(server, '/orders', { Orders: { OrdersPort: { CreateOrder } } }, describe(url))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  cleanUps.push(stop)
  const context = { log: silentLog, signal: new AbortController().signal, onStop: () => undefined }
  const client = createSoapClient(context, {
    system: 'works',
    wsdl: `${url}?wsdl`,
    firstRetryDelayMs: 1,
    retryDelayMsMax: 5,
    ...options,
  })
  return { client, stop }
}

function describe(url: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<definitions name="Orders" targetNamespace="urn:orders" xmlns="http://schemas.xmlsoap.org/wsdl/"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:o="urn:orders" xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <types><xs:schema targetNamespace="urn:orders" elementFormDefault="qualified">
    <xs:element name="CreateOrder"><xs:complexType><xs:sequence><xs:element name="Title" type="xs:string"/></xs:sequence></xs:complexType></xs:element>
    <xs:element name="CreateOrderAnswer"><xs:complexType><xs:sequence>
      <xs:element name="OrderId" type="xs:string"/><xs:element name="Extra" type="xs:string" minOccurs="0"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:schema></types>
  <message name="CreateOrderIn"><part name="parameters" element="o:CreateOrder"/></message>
  <message name="CreateOrderOut"><part name="parameters" element="o:CreateOrderAnswer"/></message>
  <portType name="OrdersPortType"><operation name="CreateOrder">
    <input message="o:CreateOrderIn"/><output message="o:CreateOrderOut"/>
  </operation></portType>
  <binding name="OrdersBinding" type="o:OrdersPortType">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="CreateOrder"><soap:operation soapAction="urn:orders/CreateOrder"/>
      <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="Orders"><port name="OrdersPort" binding="o:OrdersBinding"><soap:address location="${url}"/></port></service>
</definitions>`
}
