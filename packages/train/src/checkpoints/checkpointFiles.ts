// Checkpoints in a folder. A file is written under a temporary name, flushed, and renamed once it is complete,
// so that neither a killed process nor a full disk leaves a partial one.
import { CajalError, checkOptions, isCajalError, checkArgument } from "@cajal/core";
import { checkWritableFolder, ioErrors, systemCode, writeWhole } from "@cajal/files/node";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from "./checkpoint";
import type { CheckpointTarget } from "./target";

export interface CheckpointsOptions {
  /** Saves after this many updates each. */
  readonly everySteps?: number;
  /** Saves after this many epochs each; default 1, or never where `everySteps` is given. */
  readonly everyEpochs?: number;
  /** How many files are kept; older ones are removed once a newer one is on the disk. Default 3. */
  readonly keep?: number;
}

const count = { whole: true, least: 1 } as const;

/**
 * Writes a run's checkpoints into a folder during training: `step-00000042.safetensors`. For `train`'s option `checkpoint`.
 *
 * @example train(model, data, { ..., checkpoint: checkpoints("run"), resume: await latestCheckpoint("run") })
 */
export function checkpoints(folder: string, options: CheckpointsOptions = {}): CheckpointTarget {
  checkArgument("checkpoints", "folder", folder, "path");
  checkOptions("checkpoints", options, { everySteps: count, everyEpochs: count, keep: count });
  const { keep = 3, ...every } = options;
  return {
    ...every,
    check: () => checkWritableFolder(folder),
    async save(checkpoint) {
      const path = join(folder, nameOf(checkpoint.position.step));
      await saveCheckpoint(path, checkpoint);
      const older = (await listCheckpoints(folder)).filter((each) => each <= path).slice(keep);
      for (const each of older) await ioErrors("removing", each, () => rm(each, { force: true }));
      return { path };
    },
  };
}

/**
 * Writes a checkpoint atomically: the file is complete or absent.
 *
 * @throws CajalError `io` where the folder cannot be written to or the disk is full; an earlier file of that name stays
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  await writeWhole(path, await encodeCheckpoint(checkpoint));
}

/** @throws CajalError `bad-file` for a damaged file, `io` where it cannot be read */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  return decodeCheckpoint(await ioErrors("reading", path, () => readFile(path)), path);
}

/**
 * The newest checkpoint of a folder; undefined where there is none.
 *
 * @throws CajalError `bad-file` where the newest is damaged: its facts have `previous`, the path of the
 *   newest undamaged one before it, for `loadCheckpoint`
 */
export async function latestCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  const [newest, ...older] = await listCheckpoints(folder);
  if (newest === undefined) return undefined;
  try {
    return await loadCheckpoint(newest);
  } catch (error) {
    if (!isCajalError(error, "bad-file")) throw error;
    const previous = await firstWhole(older);
    throw new CajalError(
      "bad-file",
      `${error.message} ${previous ? `The newest one that is complete: ${previous}` : "There is no other in its folder."}`,
      { ...error.facts, previous },
      { cause: error },
    );
  }
}

/** Paths of a folder's checkpoints, newest first; empty where there is no such folder. */
export async function listCheckpoints(folder: string): Promise<string[]> {
  const names = await ioErrors("reading", folder, () =>
    readdir(folder).catch((error: unknown) => {
      if (systemCode(error) === "ENOENT") return [];
      throw error;
    }),
  );
  return names
    .flatMap((name) => {
      const step = /^step-(\d+)\.safetensors$/.exec(name)?.[1];
      return step === undefined ? [] : [{ path: join(folder, name), step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step)
    .map(({ path }) => path);
}

const nameOf = (step: number) => `step-${String(step).padStart(8, "0")}.safetensors`;

async function firstWhole(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths)
    try {
      await loadCheckpoint(path);
      return path;
    } catch (error) {
      if (!isCajalError(error, "bad-file")) throw error;
    }
  return undefined;
}
