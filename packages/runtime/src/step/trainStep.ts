// One training step: forward + loss + gradients + optimizer update, compiled for an engine. What is
// trained with (loss, optimizer, metrics) is arithmetic over `Ops`, so the engines share it.
// openTrainStep.ts makes one.
import { optionsOf, type NamedBatch, type Shape, type Tensor, type Weights } from "@cajal/core";
import type { Layer } from "@cajal/models";
import type { DeviceChoice, DeviceName, EngineName } from "../device/device";
import type { Ops } from "./ops";

/** A loss: what training minimizes. */
export interface Loss {
  readonly name: string;
  /** The numbers it was made with, plain data: a resumed run is compared by them. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * The loss of every sample: `yPred` without its last axis. The step multiplies it by the samples'
   * weights, if there are any, and takes the mean over all of them (Keras: `sum_over_batch_size`).
   *
   * @param yPred float32 `[batch, …, classes or outputs]`
   */
  compute<V>(ops: Ops<V>, yTrue: V, yPred: V): V;
  /**
   * Refuses labels that the engines would take without a word, such as a class number out of range.
   *
   * @param output shape of the model's output for this batch
   * @throws CajalError `bad-shape`, `bad-argument`
   */
  checkLabels?(yTrue: Tensor, output: Shape): void;
  /**
   * The same loss from what comes before the model's last activation. Where the model ends with
   * that activation, the step computes this one: equal, but without rounding to 0 or 1 in between.
   */
  readonly fromLogits?: { readonly activation: "softmax" | "sigmoid"; readonly loss: Loss };
  /** That the loss takes logits, to which it applies this activation itself. */
  readonly logitsOf?: "softmax" | "sigmoid";
}

/** A metric: reported, not minimized. Sample weights do not count, as in Keras' `metrics`. */
export type Metric = MeanMetric | TotalsMetric;

/** A metric that is a mean over samples. */
export interface MeanMetric {
  readonly name: string;
  /** The numbers it was made with, plain data. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The metric of every sample, float32. `yPred` is what the model gives, its last activation included. */
  compute<V>(ops: Ops<V>, yTrue: V, yPred: V): V;
}

/** A metric that is no mean of batches, such as recall: computed from sums over all examples of an epoch. */
export interface TotalsMetric<T extends readonly number[] = readonly number[]> {
  readonly name: string;
  /** The numbers it was made with, plain data. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Sums over the examples of a batch, float32, of any shapes; the sums of several batches are added. */
  totals<V>(ops: Ops<V>, yTrue: V, yPred: V): readonly V[];
  /** The metric over all examples, from the elements of all sums, concatenated. */
  result(totals: T): number;
}

/**
 * How gradients change parameters. What all optimizers share is data: {@link Optimizer.weightDecay} and so on.
 *
 * @typeParam Slots names of the slots → number; optional where only some configurations have the slot
 */
export interface Optimizer<Slots extends object = Readonly<Record<string, number>>> {
  readonly name: string;
  /** The numbers it was made with, plain data: a resumed run is compared by them. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The learning rate of an update; `step` is the number of updates before it. */
  readonly learningRate: (step: number) => number;
  /** State of every parameter, each of the parameter's shape: slot name → its initial value. */
  readonly slots: Readonly<Slots>;
  /**
   * The learning rate with the optimizer's own correction, computed once a step for all parameters; default:
   * the learning rate itself.
   *
   * @param iteration float32 scalar, 1 in the first step
   */
  rate?<V>(ops: Ops<V>, learningRate: V, iteration: V): V;
  /** New values of one parameter and its slots. `rate` is a float32 scalar. */
  update<V>(
    ops: Ops<V>,
    context: {
      readonly parameter: V;
      readonly gradient: V;
      readonly slots: { readonly [Slot in keyof Slots]: V };
      readonly rate: V;
      /** float32 scalar, 1 in the first step. */
      readonly iteration: V;
    },
  ): { readonly parameter: V; readonly slots: { readonly [Slot in keyof Slots]: V } };
  /** Decoupled: before the update p ← p − learning rate · weightDecay · p (Keras: `weight_decay`). */
  readonly weightDecay?: number;
  /** Whether weight decay does not apply to a parameter `layer/weight`. */
  readonly excludeFromWeightDecay?: (key: string) => boolean;
  /** Each gradient is scaled down to at most this L2 norm. */
  readonly clipNorm?: number;
  /** Each element of a gradient is limited to ± this. */
  readonly clipValue?: number;
  /** All gradients together are scaled down to at most this L2 norm. */
  readonly globalClipNorm?: number;
}

export interface TrainStepOptions {
  /**
   * A loss: what training minimizes. Of a model of several outputs: of each, by its name, and one for all of them; an
   * output that is left out of the record is not trained, and needs no labels.
   */
  readonly loss: Loss | Readonly<Record<string, Loss>>;
  /** Output → factor of its loss in the sum that is made small; 1 where not named. */
  readonly lossWeights?: Readonly<Record<string, number>>;
  /** What makes new parameters of the gradients. */
  readonly optimizer: Optimizer;
  /** Of every output that has labels, or by the names of outputs. */
  readonly metrics?: readonly Metric[] | Readonly<Record<string, readonly Metric[]>>;
  /** Definitions of layers of your own that the model has, from `defineLayer` of @cajal/models. */
  readonly layers?: readonly Layer[];
  /** Default "onnx". */
  readonly engine?: EngineName;
  /** Default "auto"; on engine tfjs in Node that is cpu, for its wasm has no gradients of convolutions. */
  readonly device?: DeviceChoice;
  /** Threads that one operator may use, engine onnx only; default: one a core. */
  readonly threads?: number;
  /**
   * Whether steps run on a thread of their own, engine onnx in Node only: the caller's event loop stays
   * free, for some 0.3 ms a step. "auto": where that can be. Default false.
   */
  readonly worker?: boolean | "auto";
  /**
   * Whether an engine and device are trusted only once they have trained a small network, with
   * convolution, normalization and pooling, as Keras does: once a process. And on engine onnx a GPU
   * only once it has computed gradients of this model as the CPU does, at a small random batch.
   * Default true.
   */
  readonly verify?: boolean;
  /** Of dropout and its like; default 0. */
  readonly seed?: number;
  /**
   * Layers whose weights stay as they are; their batch normalization uses the moving averages, as in
   * Keras. A layer within a nested model is "model/layer", one within a layer "bidirectional/forward_lstm", and
   * a nested model's name is all in it. Of an ONNX model: initializers, by their names or what several names begin with.
   */
  readonly frozen?: readonly string[];
  /**
   * Layers that compute as in inference while their weights learn: batch normalization by its moving averages,
   * which stay, and no dropout. Keras' `layer(x, training=False)`. Names of layers and nested models, as in `frozen`;
   * not of an ONNX model, whose graph says how it computes.
   */
  readonly inferenceMode?: readonly string[];
  /**
   * Layer → factor of its learning rate; 1 where not named. Names as in `frozen`; a layer's own goes before
   * that of a model around it. With 0 what is learned by gradients stays, and a batch normalization's
   * averages still follow the data, as in Keras with a learning rate of 0: `frozen` stops those too.
   */
  readonly learningRateMultipliers?: Readonly<Record<string, number>>;
}

/** The kinds of these options, for `checkOptions`: of whoever takes them too. */
export const trainStepOptions = optionsOf<TrainStepOptions>({
  loss: true,
  lossWeights: true,
  optimizer: true,
  metrics: true,
  engine: true,
  device: true,
  threads: true,
  worker: true,
  verify: "boolean",
  seed: { whole: true },
  frozen: "strings",
  inferenceMode: "strings",
  learningRateMultipliers: "object",
  layers: "array",
});

/**
 * Numbers of a batch. Of a model of several outputs the metrics have the loss of each, `NAME_loss` without
 * its factor, and each metric as `NAME_METRIC`, as in Keras.
 */
export interface StepResult {
  /** Includes the model's regularizers. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Sums from which the results of several batches are computed: name of a number → sums that are added. */
export type Totals = Readonly<Record<string, readonly number[]>>;

export interface MeasuredStep extends StepResult {
  readonly totals: Totals;
}

/** A model in training; owns the engine's memory. */
export interface TrainStep {
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** Number of updates made. */
  readonly iteration: number;
  /**
   * One update. The loss is the one before it, in training mode.
   *
   * Of several batches the gradients are averaged, every example weighted equally, as if they were one
   * batch that does not fit into memory; but batch normalization goes by each batch's own statistics.
   *
   * @param options.learningRate of this update; default: what the optimizer says
   * @throws CajalError `diverged` when the loss or anything that would be written is not finite (weights,
   *   the optimizer's state, moving averages), naming the step and the first tensor that went bad; the
   *   weights are then as before the call
   * @throws CajalError `bad-argument` when the learning rate is not a number of at least 0
   * @throws CajalError `bad-shape` when the batch does not fit the model or the loss
   */
  run(
    batch: NamedBatch | readonly NamedBatch[],
    options?: { learningRate?: number },
  ): Promise<MeasuredStep>;
  /** Loss and metrics in inference mode; changes nothing. */
  evaluate(batch: NamedBatch): Promise<MeasuredStep>;
  /** The result of all examples of several batches, from the sums of their totals ({@link addTotals}). */
  result(totals: Totals): StepResult;
  /** A copy of the weights as they are now. */
  weights(): Promise<Weights>;
  /** A copy of the optimizer's state: `layer/weight/slot`, and `iteration` (int64 scalar). */
  state(): Promise<ReadonlyMap<string, Tensor>>;
  /**
   * Goes on from weights and a state that this model and optimizer had before.
   *
   * @throws CajalError `bad-shape`, `bad-argument` when they do not fit; nothing is changed then
   */
  restore(weights: Weights, state: ReadonlyMap<string, Tensor>): Promise<void>;
  dispose(): void | Promise<void>;
}
