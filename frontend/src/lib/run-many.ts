/** runMany runs a job for each item, so many at once, and goes on to the end whatever fails; `isStopped` ends it early. */
export async function runMany<T>(
  items: readonly T[],
  atOnce: number,
  job: (item: T) => Promise<void>,
  isStopped: () => boolean,
): Promise<void> {
  const left = [...items]
  const lane = async () => {
    for (let item = left.shift(); item !== undefined && !isStopped(); item = left.shift()) await job(item)
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
}
