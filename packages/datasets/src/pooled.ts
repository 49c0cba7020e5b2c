/** Does the work for each item, so many at once, and ends with the first failure or when `signal` is aborted. */
export async function pooled<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const state = { failed: false };
  const worker = async () => {
    try {
      for (let next = iterator.next(); !next.done && !state.failed; next = iterator.next()) {
        signal?.throwIfAborted();
        await work(next.value);
      }
    } catch (error) {
      state.failed = true;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
