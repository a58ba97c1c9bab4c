import { parentPort } from 'node:worker_threads'

import { compareSync, hashSync } from 'bcryptjs'

const rounds = 11

/** BcryptTask is one piece of work for this thread. */
export type BcryptTask =
  | { id: number; kind: 'hash'; password: string }
  | { id: number; kind: 'compare'; password: string; hash: string }

export type BcryptResult = { id: number; value: string | boolean }

parentPort?.on('message', (task: BcryptTask) => {
  const value = task.kind === 'hash' ? hashSync(task.password, rounds) : compareSync(task.password, task.hash)
  parentPort?.postMessage({ id: task.id, value } satisfies BcryptResult)
})
