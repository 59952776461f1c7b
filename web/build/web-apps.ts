/** The apps there are a shell for, by the name of the service that serves each. */
export const webApps = ['field', 'office', 'admin'] as const

/**
 * Those that start without a network. Not admin: all it shows is what the services say at that moment, nothing may be done
 * there that they have not confirmed, and nobody is signed in without them.
 */
export const offlineApps = ['field', 'office'] as const
