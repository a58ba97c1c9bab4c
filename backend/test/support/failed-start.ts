import { runStillpoint, type RunOptions } from './process.ts'

const endLimitMs = 20_000

/** failToStart runs the product, which must end by itself, and gives what it said. */
export async function failToStart({ env, ...options }: RunOptions): Promise<{ code: number | null; output: string }> {
  const running = runStillpoint({ ...options, env: { PORT: '0', GATEWAY_PORT: '0', ...env } })
  try {
    const { code } = await running.ended(endLimitMs)
    return { code, output: running.output.trimEnd() }
  } finally {
    await running.kill()
  }
}

/** only matches an output of this sentence for people, or two, and of nothing else. */
export function only(sentence: RegExp): RegExp {
  return new RegExp(`^stillpoint: ${sentence.source}$`)
}
