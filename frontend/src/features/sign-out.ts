import type { QueryClient } from '@tanstack/react-query'
import { toast } from 'sonner'

import { signOut } from '@/api/actions'
import { meQuery } from '@/api/queries'
import { useDescribeError } from '@/lib/describe-error'
import { createStore } from '@/lib/store'

/** signedOutOnPurpose tells a sign-out from a session that ended by itself. */
export const signedOutOnPurpose = createStore(false)

/** useSignOut ends the session; the login comes by itself. */
export function useSignOut(client: QueryClient): () => Promise<void> {
  const describe = useDescribeError()
  return async () => {
    try {
      await signOut()
      signedOutOnPurpose.set(true)
    } catch (error) {
      toast.error(describe(error))
    }
    await client.refetchQueries({ queryKey: meQuery.queryKey })
  }
}
