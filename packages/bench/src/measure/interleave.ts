// Timings of several things in one process, taking turns, so that what disturbs the machine for a
// while disturbs all of them.

export interface Contestant {
  name: string;
  /** One call; its promise resolves when the result is there. */
  call: () => Promise<unknown>;
}

/** A turn that is over, with the share of all turns that is. */
export interface TurnDone {
  name: string;
  done: number;
}

/**
 * Lets contestants take turns; yields after each, returns the milliseconds of every call in the
 * order of the contestants.
 *
 * Two calls of each come first and do not count: engines compile, allocate and warm their caches.
 *
 * @param options.rounds turns that each contestant has
 * @param options.milliseconds about how long a turn is; at least one call
 */
export async function* interleave(
  contestants: readonly Contestant[],
  {
    rounds,
    milliseconds,
    signal,
    now = () => performance.now(),
  }: {
    rounds: number;
    milliseconds: number;
    signal?: AbortSignal;
    now?: () => number;
  },
): AsyncGenerator<TurnDone, number[][], undefined> {
  const timed = async (call: Contestant["call"]) => {
    signal?.throwIfAborted();
    const began = now();
    await call();
    return now() - began;
  };
  const warm: number[] = [];
  for (const { call } of contestants) {
    await timed(call);
    warm.push(await timed(call));
  }
  const times = contestants.map((): number[] => []);
  for (let round = 0; round < rounds; round++)
    for (const [i, { name, call }] of contestants.entries()) {
      const calls = Math.min(200, Math.max(1, Math.round(milliseconds / warm[i]!)));
      for (let n = 0; n < calls; n++) times[i]!.push(await timed(call));
      // An engine that does not let go of the thread must not starve what listens for an interrupt.
      await new Promise((resolve) => setImmediate(resolve));
      yield { name, done: (round * contestants.length + i + 1) / (rounds * contestants.length) };
    }
  return times;
}
