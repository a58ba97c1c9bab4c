import { parentPort } from 'node:worker_threads'

import { compareSync, hashSync } from 'bcryptjs'

const rounds = 11

/** BcryptTask is one piece of work for this thread. To compare is to find whether one of the passwords has the hash. */
export type BcryptTask =
  | { kind: 'hash'; password: string }
  | { kind: 'compare'; passwords: readonly string[]; hash: string }

export type BcryptResult = string | boolean

/** BcryptReply is what comes of a task. Node sends messages of its own from a thread whose sources it watches. */
export interface BcryptReply {
  kind: 'bcrypt'
  value: BcryptResult
}

parentPort?.on('message', (task: BcryptTask) => {
  parentPort?.postMessage({ kind: 'bcrypt', value: run(task) } satisfies BcryptReply)
})

function run(task: BcryptTask): BcryptResult {
  if (task.kind === 'hash') return hashSync(task.password, rounds)
  return task.passwords.some((password) => compareSync(password, task.hash))
}
