// A training run at rest: all that is needed to go on as if it had never stopped. Written as a
// safetensors file, which other tools read too; a SHA-256 over the whole file finds every damage.
import { CajalError, type Tensor, type Weights, checkArgument } from "@cajal/core";
import type { Totals } from "@cajal/runtime";
import type { RunDescription } from "./sameRun";
import { decodeSafetensors, encodeSafetensors } from "@cajal/files";

export interface Checkpoint {
  readonly weights: Weights;
  /** The optimizer's: `layer/weight/slot`, and `iteration`. */
  readonly state: ReadonlyMap<string, Tensor>;
  readonly position: Position;
  /** Of the run: order of the data, dropout. */
  readonly seed: number;
  /** What the run was made of: {@link checkSameRun}. */
  readonly run?: Partial<RunDescription>;
}

/** The position of a run in its data. */
export interface Position {
  /** Updates made. */
  readonly step: number;
  /** The epoch that comes next or is under way, from 0. */
  readonly epoch: number;
  /** Batches of it that are done. */
  readonly batch: number;
  /** Of the data, so that going on with other data is noticed. */
  readonly data: { readonly size: number; readonly batchSize: number };
  /** Sums over the examples of the epoch so far, for its numbers. */
  readonly totals: Totals;
}

const format = "cajal-checkpoint";
const version = "2";
/** Stands in the header while the checksum is taken. */
const blank = "0".repeat(64);

/** The file's bytes: tensors `weights/…` and `state/…`, position and seed in `__metadata__`. */
export async function encodeCheckpoint(checkpoint: Checkpoint): Promise<Uint8Array<ArrayBuffer>> {
  checkArgument("encodeCheckpoint", "checkpoint", checkpoint, "object");
  const { weights, state, position, seed, run } = checkpoint;
  checkArgument("encodeCheckpoint", "weights", weights, "map");
  checkArgument("encodeCheckpoint", "state", state, "map");
  checkArgument("encodeCheckpoint", "position", position, "object");
  const tensors = new Map<string, Tensor>();
  for (const [key, value] of weights) tensors.set(`weights/${key}`, value);
  for (const [key, value] of state) tensors.set(`state/${key}`, value);
  const bytes = encodeSafetensors({
    tensors,
    metadata: { format, version, run: asJson({ position, seed, run }), sha256: blank },
  });
  const at = findChecksum(bytes, blank);
  bytes.set(new TextEncoder().encode(await sha256(bytes)), at);
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
  const bad = (why: string) =>
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
  const { sha256: claimed = "" } = metadata;
  const at = /^[0-9a-f]{64}$/.test(claimed) ? findChecksum(bytes, claimed) : -1;
  if (at < 0) throw bad("it has no checksum.");
  const blanked = new Uint8Array(bytes);
  blanked.set(new TextEncoder().encode(blank), at);
  if ((await sha256(blanked)) !== claimed)
    throw bad("its checksum does not match: the file is damaged.");
  if (metadata.version !== version)
    throw new CajalError(
      "unsupported",
      `${where}: got a checkpoint of version ${metadata.version}, expected ${version}, of this version of @cajal/train. Begin the run anew, or go on with the version that wrote it.`,
      { file: where, version: metadata.version },
    );
  const { position, seed, run } = parseRun(metadata.run, bad);
  const under = (prefix: string) =>
    new Map(
      [...tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  return {
    weights: under("weights/"),
    state: under("state/"),
    position,
    seed,
    ...(run && { run }),
  };
}

/** @throws CajalError `bad-argument` for what JSON does not write */
function asJson(run: Pick<Checkpoint, "position" | "seed" | "run">): string {
  try {
    return JSON.stringify(run);
  } catch (cause) {
    throw new CajalError(
      "bad-argument",
      "encodeCheckpoint: got a position or run that is no plain data.",
      {},
      { cause },
    );
  }
}

/** The checksum holds, and yet another program may have written it. */
function parseRun(
  text: string | undefined,
  bad: (why: string) => CajalError,
): Pick<Checkpoint, "position" | "seed" | "run"> {
  const entries = (value: unknown): Readonly<Record<string, unknown>> =>
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  let run: unknown;
  try {
    // JSON writes null for NaN.
    run = JSON.parse(text ?? "null", (_, value: unknown) =>
      Array.isArray(value) ? value.map((each: unknown) => each ?? NaN) : value,
    );
  } catch {
    throw bad("where the run stands is not written in JSON.");
  }
  const { seed, position } = entries(run);
  const { step, epoch, batch, data, totals } = entries(position);
  const { size, batchSize } = entries(data);
  for (const [name, value] of Object.entries({ step, epoch, batch, size, batchSize }))
    if (!(Number.isSafeInteger(value) && Number(value) >= 0))
      throw bad(`it has no ${name} that is a whole number of at least 0.`);
  const isNumbers = (value: unknown) =>
    Array.isArray(value) && value.every((each) => typeof each === "number");
  if (typeof totals !== "object" || !Object.values(entries(totals)).every(isNumbers))
    throw bad("it has no totals that are numbers.");
  if (!Number.isSafeInteger(seed)) throw bad("it has no seed that is a whole number.");
  return run as Pick<Checkpoint, "position" | "seed" | "run">;
}

/** Where in the header the checksum's 64 digits stand. */
function findChecksum(bytes: Uint8Array, digits: string): number {
  const header = new TextDecoder("latin1").decode(
    bytes.subarray(8, 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)),
  );
  const mark = `"sha256":"`;
  const at = header.indexOf(mark + digits);
  return at < 0 ? -1 : 8 + at + mark.length;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
