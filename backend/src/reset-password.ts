import { createSigningIn } from './app/control.ts'
import type { Outside, Stops } from './app/outside.ts'
import { openStorage } from './app/storage.ts'

/** resetPassword gives the admin a new password, in a data folder that nobody uses now. */
export async function resetPassword(outside: Outside): Promise<{ username: string; password: string }> {
  const stops: Stops = []
  try {
    const storage = await openStorage(outside, stops)
    const { accounts, passwords } = createSigningIn(outside, storage)
    stops.push(() => passwords.stop())
    return await accounts.resetPassword()
  } finally {
    for (let end = stops.pop(); end; end = stops.pop()) await end()
  }
}
