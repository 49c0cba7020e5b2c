// The events of a training run.
import type { Tensor, Weights } from "@cajal/core";
import type { DeviceName, EngineName, StepResult } from "@cajal/runtime";

export type TrainEvent = StartEvent | StepEvent | EpochEvent | CheckpointEvent | EndEvent;

export interface StartEvent {
  readonly type: "start";
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly epochs: number;
  /** The epoch that begins or goes on, from 0. */
  readonly epoch: number;
  /** Number of updates made before: 0, or the resumed checkpoint's. */
  readonly step: number;
  readonly stepsPerEpoch: number;
}

/** After each update. */
export interface StepEvent extends StepResult {
  readonly type: "step";
  readonly epoch: number;
  /** Index of the batch within its epoch, from 0; of the first one where batches are accumulated. */
  readonly batch: number;
  /** Number of updates made, this one included. */
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Examples in the batch, or in all that were accumulated. */
  readonly examples: number;
  readonly learningRate: number;
}

/** After each pass over the data; loss and metrics are means over its steps, each taken before its update. */
export interface EpochEvent extends StepResult {
  readonly type: "epoch";
  /** From 0. */
  readonly epoch: number;
  readonly step: number;
  /** Loss and metrics of the validation data, in inference mode. */
  readonly validation?: StepResult;
  /** Duration of the epoch, validation included. */
  readonly seconds: number;
  /**
   * A copy of the weights.
   *
   * @throws CajalError `disposed` once the loop has continued to the next step, or ended
   */
  weights(): Promise<Weights>;
  /** A copy of the optimizer's state, `layer/weight/slot` and `iteration`; throws as `weights`. */
  state(): Promise<ReadonlyMap<string, Tensor>>;
}

export interface CheckpointEvent {
  readonly type: "checkpoint";
  readonly epoch: number;
  readonly step: number;
  readonly path?: string;
}

/** The last event of a run that reached its last epoch. */
export interface EndEvent {
  readonly type: "end";
  readonly epochs: number;
  readonly step: number;
  readonly seconds: number;
  readonly weights: Weights;
  /** The optimizer's state: `layer/weight/slot`, and `iteration`. */
  readonly state: ReadonlyMap<string, Tensor>;
}
