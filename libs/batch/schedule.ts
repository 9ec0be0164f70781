/** What the scheduler must know of an operation. */
interface Waiting {
  id: string;
  dependsOn: readonly string[];
}

/**
 * Runs each operation once those it depends on have ended, well or not, at most `concurrency` at a time; those that
 * could both begin begin in the order given. There must be no circles. What `run` throws ends it all.
 */
export async function schedule<T extends Waiting>(
  operations: readonly T[],
  concurrency: number,
  run: (operation: T) => Promise<void>,
): Promise<void> {
  const ended = new Set<string>();
  const running = new Set<Promise<void>>();
  let waiting = [...operations];
  while (waiting.length > 0 || running.size > 0) {
    const later: T[] = [];
    for (const operation of waiting) {
      if (running.size >= concurrency || !operation.dependsOn.every((id) => ended.has(id))) {
        later.push(operation);
        continue;
      }
      const work = run(operation).then(() => {
        ended.add(operation.id);
        running.delete(work);
      });
      running.add(work);
    }
    waiting = later;
    await Promise.race(running);
  }
}
