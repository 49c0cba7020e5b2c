import { CajalError, showValue } from "@cajal/core";
import { inNode } from "../device/device";

/** ONNX Runtime starts all of them at once, and a machine does not survive a million. */
const maxThreads = 1024;

/**
 * How many threads an operator may use: as told; else as many as the environment variable `CAJAL_THREADS` says, in Node;
 * undefined for one a core.
 *
 * @throws CajalError `bad-argument` for anything but a whole number from 1 to 1024, or undefined
 */
export function threadsFor(where: string, threads: number | undefined): number | undefined {
  const setting = inNode && threads === undefined ? process.env["CAJAL_THREADS"] : undefined;
  const count = setting ? Number(setting) : threads;
  if (count === undefined || (Number.isInteger(count) && count >= 1 && count <= maxThreads))
    return count;
  const [name, got] = setting ? ["CAJAL_THREADS of the environment", `"${setting}"`] : ['"threads"', showValue(threads)]; // prettier-ignore
  throw new CajalError(
    "bad-argument",
    `${where}, ${name}: got ${got}, expected a whole number from 1 to ${maxThreads}. Leave it out for one a core.`,
    { threads: setting ?? threads },
  );
}
