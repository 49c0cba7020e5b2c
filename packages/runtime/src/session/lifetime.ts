// Runs and disposal of objects that own an engine's memory, the same for all kinds of sessions.
import { abortable, CajalError } from "@cajal/core";
import type { DeviceName, EngineName } from "../device/device";
import { engineError } from "./engineError";

export interface Lifetime {
  /**
   * Runs `work`, which cannot be interrupted; an abort only stops waiting for it.
   *
   * @throws CajalError `disposed`, `engine`; the signal's reason
   */
  run<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
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
  return {
    async run(work, signal) {
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
    dispose: () => (disposal ??= Promise.allSettled(running).then(() => free())),
  };
}
