// Runs and disposal of objects that own an engine's memory, the same for all kinds of sessions.
import { abortable, CajalError, checkArgument, nextTask } from "@cajal/core";
import type { DeviceName, EngineName } from "../device/device";
import { engineError } from "./engineError";

export interface Lifetime {
  /**
   * Runs `work`, which cannot be interrupted; an abort only stops waiting for it.
   *
   * @throws CajalError `disposed`, `engine`; the signal's reason
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /**
   * Calls `next` after so many milliseconds, 0 for the next task of the event loop; or at once when disposal begins,
   * which waits for nothing that may still come.
   *
   * @returns what takes that back
   */
  after(milliseconds: number, next: () => void): () => void;
  /** Frees the memory after the runs in progress. Idempotent. */
  dispose(): Promise<void>;
}

export function lifetimeOf({
  engine,
  device,
  free,
}: {
  readonly engine: EngineName;
  readonly device: DeviceName;
  free(): void | Promise<void>;
}): Lifetime {
  let disposal: Promise<void> | undefined;
  const running = new Set<Promise<unknown>>();
  const delayed = new Set<() => void>();
  return {
    async run(work, signal) {
      if (signal !== undefined) checkArgument("run", "signal", signal, "signal");
      signal?.throwIfAborted();
      if (disposal)
        throw new CajalError(
          "disposed",
          `this session (engine ${engine}, device ${device}) is disposed. Open the model again.`,
          { engine, device },
        );
      const result = work().catch((cause: unknown) => {
        throw engineError(engine, `running on ${device}`, cause);
      });
      running.add(result);
      const done = () => void running.delete(result);
      result.then(done, done);
      return abortable(result, signal);
    },
    after(milliseconds, next) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const cancel = () => {
        clearTimeout(timer);
        return delayed.delete(begin);
      };
      const begin = () => {
        if (cancel()) next();
      };
      delayed.add(begin);
      if (milliseconds > 0 && !disposal) timer = setTimeout(begin, milliseconds);
      else void nextTask().then(begin);
      return cancel;
    },
    dispose() {
      disposal ??= Promise.allSettled(running).then(() => free());
      for (const begin of delayed) begin();
      return disposal;
    },
  };
}
