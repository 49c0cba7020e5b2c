// Times several functions in one process, interleaved in rounds, so that a temporary disturbance of the machine
// affects all of them.

export interface Contestant {
  name: string;
  /** One call; its promise resolves when the result is there. */
  call: () => Promise<unknown>;
}

/** Progress after a turn: the share of all turns that are done. */
export interface TurnDone {
  name: string;
  done: number;
}

/**
 * Times contestants in turns; yields after each turn, returns the milliseconds of every call in the
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
    const startTime = now();
    await call();
    return now() - startTime;
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
      // An engine that blocks the thread must not starve the listener for an interrupt.
      await new Promise((resolve) => setImmediate(resolve));
      yield { name, done: (round * contestants.length + i + 1) / (rounds * contestants.length) };
    }
  return times;
}
