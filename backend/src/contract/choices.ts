// Free of libraries, so that the dashboard can use it too.

/** keyStatuses are the words for how a key is doing, in the order in which they are listed; `keyStatus` says what each means. */
export const keyStatuses = [
  'active',
  'rotating',
  'unreachable',
  'expired',
  'key_expired',
  'key_unknown',
  'invalid',
  'pending',
  'inactive',
] as const

/** regions are where an exit can be, in the order in which they are listed; `region` says what each means. */
export const regions = ['random', 'bac', 'trung', 'nam'] as const
