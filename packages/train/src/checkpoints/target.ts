import type { Checkpoint } from "./checkpoint";

/** Where a run's checkpoints are written. */
export interface CheckpointTarget {
  /** Resolves once the checkpoint is stored; gives its path, if it has one. */
  save(checkpoint: Checkpoint): Promise<{ readonly path: string } | void>;
  /** Checks, before the run begins, that checkpoints can be saved. */
  check?(): Promise<void>;
  /** Saves after this many updates each. */
  readonly everySteps?: number;
  /** Saves after this many epochs each; default 1, or never where `everySteps` is given. */
  readonly everyEpochs?: number;
}
