import * as v from 'valibot'

/** Names that appear in frames: bounded, and never empty. */
export const shortText = v.pipe(v.string(), v.minLength(1), v.maxLength(200))
export const uuidText = v.pipe(v.string(), v.regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/))

/** Who asks: the person, the device in their hand, and the service that vouches for both. */
export const principalSchema = v.strictObject({
  user: shortText,
  device: shortText,
  service: shortText,
  roles: v.pipe(v.array(shortText), v.maxLength(20)),
})
export type Principal = v.InferOutput<typeof principalSchema>

/** Somebody nobody has named yet: everybody, until sign-in exists. */
export const guestUser = 'guest'
export const adminRole = 'admin'

export function isAdmin(principal: Principal): boolean {
  return principal.roles.includes(adminRole)
}
