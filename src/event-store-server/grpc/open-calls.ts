/** The long-lived calls of a server, so that stopping can end each with a reason. */
import { type RpcFailure, serverStopping } from './rpc-failure.ts'

export class OpenCalls {
  private readonly calls = new Set<(failure: RpcFailure) => void>()
  private isStopping = false

  get count(): number {
    return this.calls.size
  }

  /** `end` is called at most once; the returned function is called when the call is over by itself. */
  add(end: (failure: RpcFailure) => void): () => void {
    if (this.isStopping) {
      end(serverStopping())
      return () => undefined
    }
    this.calls.add(end)
    return () => this.calls.delete(end)
  }

  endAll(): void {
    this.isStopping = true
    for (const end of this.calls) end(serverStopping())
    this.calls.clear()
  }
}
