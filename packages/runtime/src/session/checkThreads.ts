import { CajalError } from "@cajal/core";

/** ONNX Runtime starts all of them at once, and a machine does not survive a million. */
const maxThreads = 1024;

/** @throws CajalError `bad-argument` for anything but a whole number from 1 to 1024, or undefined */
export function checkThreads(where: string, threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= maxThreads))
    return;
  throw new CajalError(
    "bad-argument",
    `${where}, "threads": got ${String(threads)}, expected a whole number from 1 to ${maxThreads}. Leave it out for one a core.`,
    { threads },
  );
}
