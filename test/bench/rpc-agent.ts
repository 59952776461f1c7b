/**
 * The far side of the rpc bench, a process of its own: an agent with one handler, and beside it a bare websocket that
 * sends back what it gets.
 *
 *     bun test/bench/rpc-agent.ts <port of the service link> <port of the bare echo>
 */
import { answerRpc } from '#rpc/rpc.ts'
import { dialStar } from '#support/rpc-star.ts'
import { Measure } from './rpc-calls.ts'

const [linkPort, echoPort] = Bun.argv.slice(2).map(Number)
const agent = await dialStar('agent', Number(linkPort))
agent.listen(answerRpc(Measure, ({ pump, reading }) => ({ pump, reading: reading + 1 })))
await agent.settle()

const bare = new WebSocket(`ws://127.0.0.1:${echoPort}`)
bare.onmessage = ({ data }) => bare.send(data)
bare.onopen = () => console.log('ready')
