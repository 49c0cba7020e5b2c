import type { Checkpoint } from "./checkpoint";

/** Where a run's checkpoints are written. */
export interface CheckpointTarget {
  /** Resolves once the checkpoint is safe; tells where it is, if that has a name. */
  save(checkpoint: Checkpoint): Promise<{ readonly path: string } | void>;
  /** Looks whether it can save, before the run begins. */
  check?(): Promise<void>;
  /** Saves after this many updates each. */
  readonly everySteps?: number;
  /** Saves after this many epochs each; default 1, or never where `everySteps` is given. */
  readonly everyEpochs?: number;
}
