import { z } from 'zod'

/**
 * scope is what a route needs of who asks: to look (`read`), to change exit IPs (`rotate`), to change keys, access and settings
 * (`manage`), or to act as the admin himself (`admin`: his password, his sessions, whole provider keys).
 */
export const scope = z.enum(['read', 'rotate', 'manage', 'admin']).meta({ id: 'Scope' })

export type Scope = z.infer<typeof scope>
