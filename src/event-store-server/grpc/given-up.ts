/**
 * Whether a call was given up before its handler was asked: then grpc-js hands it over all the same, and nothing will ever
 * tell that it is over. Handlers of long calls ask once they listen for `cancelled`.
 *
 * grpc-js knows it only inside, in the call behind the call; were that to be renamed, such calls would stay open as if
 * nobody had asked.
 */
export function isGivenUp(call: { readonly cancelled: boolean }): boolean {
  const inner: unknown = Reflect.get(call, 'call')
  return call.cancelled || (typeof inner === 'object' && inner !== null && Reflect.get(inner, 'cancelled') === true)
}
