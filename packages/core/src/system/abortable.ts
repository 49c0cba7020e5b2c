import { checkArgument } from "../checks/checkArgument";

/** Resolves as `work` does, or rejects with the signal's reason as soon as it is aborted; leaves no listener. */
export async function abortable<T>(
  work: T | Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (signal === undefined) return work;
  checkArgument("abortable", "signal", signal, "signal");
  let stop: (() => void) | undefined;
  try {
    // First: of work that is done and a signal that was aborted before, the signal counts.
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      if (signal.aborted) stop();
      else signal.addEventListener("abort", stop, { once: true });
    });
    return await Promise.race([aborted, work]);
  } finally {
    if (stop !== undefined) signal.removeEventListener("abort", stop);
  }
}
