import { createControlPlane, createDataPlane, openStorage, type Outside, type Stops } from './rooms.ts'

/** resetPassword gives the admin a new password, in a data folder that nobody uses now. */
export async function resetPassword(outside: Outside): Promise<{ username: string; password: string }> {
  const stops: Stops = []
  try {
    const storage = await openStorage(outside, stops)
    const control = createControlPlane(
      outside,
      storage,
      createDataPlane(outside, storage),
      new AbortController().signal,
    )
    stops.push(
      () => control.provider.close(),
      () => control.passwords.stop(),
    )
    return await control.accounts.resetPassword()
  } finally {
    for (let end = stops.pop(); end; end = stops.pop()) await end()
  }
}
