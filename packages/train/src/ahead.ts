// Batches are read while a step runs: the next few lie ready when it ends.

/**
 * The items of `source` in their order, up to `count` of them read before they are asked for, one after
 * the other. Leaving the loop waits for the one that is being read and ends the source.
 */
export async function* ahead<T>(
  source: AsyncIterable<T>,
  count: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const ready: Promise<IteratorResult<T>>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let left = false;
  function read(): void {
    const end: IteratorResult<T> = { done: true, value: undefined };
    const next = last.then(() => (left ? end : iterator.next()));
    // One that nobody asks for any more may fail unseen; so do those behind it.
    next.catch(() => {});
    last = next;
    ready.push(next);
  }
  try {
    for (;;) {
      while (ready.length <= count) read();
      const { done, value } = await ready.shift()!;
      if (done) return;
      yield value;
    }
  } finally {
    left = true;
    await last.catch(() => {});
    await iterator.return?.();
  }
}
