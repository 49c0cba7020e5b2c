// A checkpoint: all that is needed to continue a run as if it had never stopped. Written as a safetensors
// file, which other tools read too; a SHA-256 over the whole file detects any damage.
import { CajalError, type Tensor, type Weights, checkArgument } from "@cajal/core";
import type { Formulations, Totals } from "@cajal/runtime";
import type { RunDescription } from "./sameRun";
import { decodeSafetensors, encodeSafetensors } from "@cajal/files";

export interface Checkpoint {
  readonly weights: Weights;
  /** The optimizer's state: `layer/weight/slot`, and `iteration` (int64 scalar). */
  readonly state: ReadonlyMap<string, Tensor>;
  readonly position: Position;
  /** The run's seed, for the order of the data and for dropout. */
  readonly seed: number;
  /** The parts of the run (model, optimizer, data …) as plain data, compared when it is resumed. */
  readonly run?: Partial<RunDescription>;
  /** Formulations of gradients that the run's machine chose by measurement: a resumed run takes them, wherever it runs. */
  readonly formulations?: Formulations;
}

/** The position of a run in its data. */
export interface Position {
  /** Number of updates made. */
  readonly step: number;
  /** The epoch in progress, or the next one, from 0. */
  readonly epoch: number;
  /** Number of its batches that are done. */
  readonly batch: number;
  /** Size of the data, so that resuming with other data is detected. */
  readonly data: { readonly size: number; readonly batchSize: number };
  /** Sums over the examples of the epoch so far, from which its loss and metrics are computed. */
  readonly totals: Totals;
}

const format = "cajal-checkpoint";
const version = "2";
/** In place of the checksum in the header while it is computed. */
const blankChecksum = "0".repeat(64);

/** The file's bytes: tensors `weights/…` and `state/…`, position and seed in `__metadata__`. */
export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  checkArgument("encodeCheckpoint", "checkpoint", checkpoint, "object");
  const { weights, state, position, seed, run, formulations } = checkpoint;
  checkArgument("encodeCheckpoint", "weights", weights, "map");
  checkArgument("encodeCheckpoint", "state", state, "map");
  checkArgument("encodeCheckpoint", "position", position, "object");
  const tensors = new Map<string, Tensor>();
  for (const [key, value] of weights) tensors.set(`weights/${key}`, value);
  for (const [key, value] of state) tensors.set(`state/${key}`, value);
  const bytes = encodeSafetensors({
    tensors,
    metadata: {
      format,
      version,
      run: asJson({ position, seed, run, formulations }),
      sha256: blankChecksum,
    },
  });
  const offset = findChecksum(bytes, blankChecksum);
  bytes.set(new TextEncoder().encode(await sha256(bytes)), offset);
  return bytes;
}

/**
 * @param where what to call the file in messages
 * @throws CajalError `bad-file` for anything but a whole checkpoint; `unsupported` for one of a newer version
 */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  where = "checkpoint",
): Promise<Checkpoint> {
  const badFile = (why: string) =>
    new CajalError("bad-file", `${where}: ${why} Go on from an earlier checkpoint.`, {
      file: where,
    });
  const { tensors, metadata } = decodeSafetensors(bytes, where);
  if (metadata.format !== format)
    throw new CajalError(
      "bad-file",
      `${where}: it is a safetensors file and no checkpoint: its metadata has format ${JSON.stringify(metadata.format)}, expected "${format}".`,
      { file: where, format: metadata.format },
    );
  const { sha256: checksum = "" } = metadata;
  const offset = /^[0-9a-f]{64}$/.test(checksum) ? findChecksum(bytes, checksum) : -1;
  if (offset < 0) throw badFile("it has no checksum.");
  const withoutChecksum = new Uint8Array(bytes);
  withoutChecksum.set(new TextEncoder().encode(blankChecksum), offset);
  if ((await sha256(withoutChecksum)) !== checksum)
    throw badFile("its checksum does not match: the file is damaged.");
  if (metadata.version !== version)
    throw new CajalError(
      "unsupported",
      `${where}: got a checkpoint of version ${metadata.version}, expected ${version}, of this version of @cajal/train. Begin the run anew, or go on with the version that wrote it.`,
      { file: where, version: metadata.version },
    );
  const { position, seed, run, formulations } = parseRun(metadata.run, badFile);
  const withPrefix = (prefix: string) =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  return {
    weights: withPrefix("weights/"),
    state: withPrefix("state/"),
    position,
    seed,
    ...(run && { run }),
    ...(formulations && { formulations }),
  };
}

/** What a checkpoint holds besides tensors. */
type SavedRun = Pick<Checkpoint, "position" | "seed" | "run" | "formulations">;

/** @throws CajalError `bad-argument` for values that JSON cannot represent */
function asJson(run: SavedRun): string {
  const { position } = run;
  try {
    return JSON.stringify({
      ...run,
      position: { ...position, totals: withNames(position.totals) },
    });
  } catch (cause) {
    throw new CajalError(
      "bad-argument",
      "encodeCheckpoint: got a position or run that is no plain data.",
      {},
      { cause },
    );
  }
}

/** Totals as JSON can say them, which has null for what is no number, and for what is too large for one. */
const withNames = (totals: Totals): Readonly<Record<string, readonly (number | string)[]>> =>
  Object.fromEntries(
    Object.entries(totals).map(([name, numbers]) => [
      name,
      numbers.map((each) => (Math.abs(each) === Infinity ? String(each) : each)),
    ]),
  );

/** The reverse. */
const withNumbers = (value: unknown): unknown =>
  Object.fromEntries(
    Object.entries(entries(value)).map(([name, numbers]) => [
      name,
      Array.isArray(numbers)
        ? numbers.map((each: unknown) => (each === "Infinity" || each === "-Infinity" ? Number(each) : each)) // prettier-ignore
        : numbers,
    ]),
  );

const entries = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** Why a run cannot be resumed by what is said of it; undefined where it can. */
export function flawIn(run: unknown): string | undefined {
  const { seed, position, formulations } = entries(run);
  const { step, epoch, batch, data, totals } = entries(position);
  const { size, batchSize } = entries(data);
  for (const [name, value] of Object.entries({ step, epoch, batch, size, batchSize }))
    if (!(Number.isSafeInteger(value) && Number(value) >= 0))
      return `it has no ${name} that is a whole number of at least 0.`;
  const isNumbers = (value: unknown) =>
    Array.isArray(value) && value.every((each) => typeof each === "number");
  if (typeof totals !== "object" || totals === null || !Object.values(totals).every(isNumbers))
    return "it has no totals that are numbers.";
  const isRecord = typeof (formulations ?? {}) === "object" && !Array.isArray(formulations);
  if (!isRecord || Object.values(entries(formulations)).some((name) => typeof name !== "string"))
    return "its formulations are no names.";
  return Number.isSafeInteger(seed) ? undefined : "it has no seed that is a whole number.";
}

/** Another program may have written the file: a valid checksum does not make its contents valid. */
function parseRun(text: string | undefined, badFile: (why: string) => CajalError): SavedRun {
  let run: unknown;
  try {
    // JSON writes null for NaN.
    run = JSON.parse(text ?? "null", (_, value: unknown) =>
      Array.isArray(value) ? value.map((each: unknown) => each ?? NaN) : value,
    );
  } catch {
    throw badFile("the position of the run is not JSON.");
  }
  const { position } = entries(run);
  const { totals } = entries(position);
  if (typeof totals === "object" && totals !== null)
    run = { ...entries(run), position: { ...entries(position), totals: withNumbers(totals) } };
  const flaw = flawIn(run);
  if (flaw) throw badFile(flaw);
  return run as SavedRun;
}

/** The offset in the file of the checksum's 64 digits; −1 where it is not in the header. */
function findChecksum(bytes: Uint8Array, digits: string): number {
  const header = new TextDecoder("latin1").decode(
    bytes.subarray(8, 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)),
  );
  const fieldStart = `"sha256":"`;
  const offset = header.indexOf(fieldStart + digits);
  return offset < 0 ? -1 : 8 + offset + fieldStart.length;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
