import { afterEach, beforeEach } from 'vitest'

import { RawClient } from './data-plane.ts'
import { until } from './until.ts'

const kinds = new Set(['TCPSocketWrap', 'TCPServerWrap', 'Timeout', 'TCPConnectWrap', 'WriteWrap', 'ShutdownWrap'])

function countHandles(): number {
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind)).length
}

/**
 * expectNoHandleLeft makes each test of a file fail that leaves a socket, server or timer behind. Called before the file's own
 * hooks, it looks after they have run.
 */
export function expectNoHandleLeft(): void {
  let before = 0
  beforeEach(() => {
    before = countHandles()
  })
  afterEach(async () => {
    RawClient.destroyAll()
    await until('every socket, server and timer to be gone', () => countHandles() <= before)
  })
}
