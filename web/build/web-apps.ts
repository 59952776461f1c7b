/** The apps there are a shell for, by the name of the service that serves each. */
export const webApps = ['field', 'office', 'admin'] as const
