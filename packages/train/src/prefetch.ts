// Reads the next batches while a step runs, so that they are ready when it ends.

/**
 * The items of `source` in their order, with up to `count` of them read in advance, one at a time. Leaving the
 * loop waits for the read in progress, then ends the source.
 */
export async function* prefetch<T>(
  source: AsyncIterable<T>,
  count: number,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  const ready: Promise<IteratorResult<T>>[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  function read(): void {
    const end: IteratorResult<T> = { done: true, value: undefined };
    const next = last.then(() => (isClosed ? end : iterator.next()));
    // A read that is never consumed may fail without being reported; so may those after it.
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
    isClosed = true;
    await last.catch(() => {});
    await iterator.return?.();
  }
}
