import { CajalError } from "@cajal/core";

/** ONNX Runtime makes them all at once: of a million no machine recovers. */
const most = 1024;

/** @throws CajalError `bad-argument` for anything but a whole number from 1 to 1024, or undefined */
export function checkThreads(where: string, threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1 && threads <= most))
    return;
  throw new CajalError(
    "bad-argument",
    `${where}, "threads": got ${String(threads)}, expected a whole number from 1 to ${most}. Leave it out for one a core.`,
    { threads },
  );
}
