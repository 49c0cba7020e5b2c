// The types of a training step: forward + loss + gradients + optimizer update, compiled for an engine. Losses,
// optimizers and metrics are arithmetic over `Ops`, which engines share. openTrainStep.ts opens one.
import { optionsOf, type NamedBatch, type NamedTensors, type Shape, type Tensor, type Weights } from "@cajal/core"; // prettier-ignore
import type { Layer } from "@cajal/models";
import type { DeviceChoice, DeviceName, EngineName } from "../device/device";
import type { Ops } from "./ops";

/** A loss: what training minimizes. */
export interface Loss {
  readonly name: string;
  /** Its options as plain data, by which a resumed run is compared. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * The loss of every sample: `yPred` without its last axis. The step multiplies it by the samples'
   * weights, if there are any, and takes the mean over all of them (Keras: `sum_over_batch_size`).
   *
   * @param yTrue as the data have it; where the output's last axis is 1 and labels lack it, with that axis, as in Keras
   * @param yPred float32 `[batch, …, classes or outputs]`; an output `[batch]` as `[batch, 1]`
   */
  compute<V>(ops: Ops<V>, yTrue: V, yPred: V): V;
  /**
   * Checks labels that engines would accept silently, such as a class number out of range.
   *
   * @param output shape of the model's output for this batch
   * @param weight of each example, or each sample of the loss; where it is 0 a label does not matter
   * @throws CajalError `bad-shape`, `bad-argument`
   */
  checkLabels?(yTrue: Tensor, output: Shape, weight?: Tensor): void;
  /**
   * The same loss of logits. Where the model ends with that activation, the step computes this one from the
   * activation's input: mathematically equal, without rounding to 0 or 1 in between.
   */
  readonly fromLogits?: { readonly activation: "softmax" | "sigmoid"; readonly loss: Loss };
  /** Set where the loss takes logits, to which it applies this activation itself. */
  readonly logitsOf?: "softmax" | "sigmoid";
  /**
   * Set where the loss takes probabilities, as this activation gives them, and has no {@link Loss.fromLogits}: those of
   * a softmax are divided by their sum.
   */
  readonly probabilitiesOf?: "softmax" | "sigmoid";
}

/** A metric: reported, not minimized. Sample weights do not count, as in Keras' `metrics`. */
export type Metric = MeanMetric | TotalsMetric;

/** A metric that is a mean over samples. */
export interface MeanMetric {
  readonly name: string;
  /** Its options as plain data. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * The metric of every sample, float32. `yPred` is the model's output, including its last activation; shapes are those of
   * {@link Loss.compute}.
   */
  compute<V>(ops: Ops<V>, yTrue: V, yPred: V): V;
  /** As {@link Loss.checkLabels}, of losses that serve as metrics. */
  readonly checkLabels?: Loss["checkLabels"];
}

/** A metric that is not a mean over samples, such as recall: computed from sums over all examples of an epoch. */
export interface TotalsMetric<T extends readonly number[] = readonly number[]> {
  readonly name: string;
  /** Its options as plain data. */
  readonly config?: Readonly<Record<string, unknown>>;
  /**
   * Sums over the examples of a batch, float32, of any shapes; the sums of several batches are added. What it gets is as in
   * {@link Loss.compute}.
   */
  totals<V>(ops: Ops<V>, yTrue: V, yPred: V): readonly V[];
  /** As {@link Loss.checkLabels}. */
  readonly checkLabels?: Loss["checkLabels"];
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
  /** Its options as plain data, by which a resumed run is compared. */
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
  /**
   * Set where the update depends on which elements are in a row: then parameters, gradients and slots have the shapes
   * that Keras gives them. Else they may come as lines of numbers, in any order.
   */
  readonly readsShapes?: boolean;
  /** New values of one parameter and its slots. `rate` is a float32 scalar. */
  update<V>(
    ops: Ops<V>,
    context: {
      /** The parameter's name, `layer/weight`. */
      readonly key: string;
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
   * The loss to minimize. For a model of several outputs a record by output names, where an output that is left out
   * is not trained and needs no labels; a single loss applies to each of them.
   */
  readonly loss: Loss | Readonly<Record<string, Loss>>;
  /** Output → factor of its loss in the sum to minimize; 1 for outputs that are not named. */
  readonly lossWeights?: Readonly<Record<string, number>>;
  /** The optimizer, which updates the parameters. */
  readonly optimizer: Optimizer;
  /** Metrics of every output that has labels, or by output names. */
  readonly metrics?: readonly Metric[] | Readonly<Record<string, readonly Metric[]>>;
  /** Definitions of custom layers of the model, from `defineLayer` of @cajal/models. */
  readonly layers?: readonly Layer[];
  /** Default "onnx". */
  readonly engine?: EngineName;
  /** Default "auto"; on engine tfjs in Node that is cpu, because its wasm has no gradients of convolutions. */
  readonly device?: DeviceChoice;
  /**
   * Threads, engine onnx only; default: `CAJAL_THREADS` of the environment, else one per core. Several share the work of one
   * operator. On device cpu in Node they compute parts of a batch instead, eight at most, where that is faster: of networks
   * with few weights (2 million at most) and enough to compute, in which no example's loss depends on another example, as
   * it does by batch normalization. A part draws dropout by numbers of its own.
   */
  readonly threads?: number;
  /**
   * Whether steps run on a worker thread, engine onnx in Node only: the caller's event loop stays free, at a cost of
   * about 0.3 ms per step. "auto": where possible. Default false.
   */
  readonly worker?: boolean | "auto";
  /**
   * Whether to verify the engine and device first: once per process a small network with convolution, normalization
   * and pooling is trained, and its losses are compared with Keras'; and on engine onnx the gradients of this
   * model on a GPU are compared with the CPU's, for a small random batch. Default true.
   */
  readonly verify?: boolean;
  /**
   * Whether gradients are computed in the same way on every processor of a kind. Default false: where a gradient of a
   * convolution can be written in several ways whose times are close, engine onnx on device cpu in Node times
   * them at the first step, for 5 seconds at most, and takes the fastest. What it finds is kept in the cache
   * folder (`formulations.jsonl`) and stays, so that the same seed gives the same weights on the same
   * machine; where it cannot be kept, nothing is timed. And how many parts a batch is computed in (see `threads`)
   * depends on the machine. With true a rule decides, every batch is computed as a whole, and steps may be slower.
   */
  readonly deterministic?: boolean;
  /** The formulations of an earlier run, {@link TrainStep.formulations}, which this one takes too. */
  readonly formulations?: Formulations;
  /** Seed of dropout and other random layers; default 0. */
  readonly seed?: number;
  /**
   * Layers that are not trained; their batch normalization uses the moving averages, as in Keras. A layer of a
   * nested model is "model/layer", one within a layer "bidirectional/forward_lstm"; the name of a nested model
   * stands for all its layers. For an ONNX model: names of initializers, or prefixes of them.
   */
  readonly frozen?: readonly string[];
  /**
   * Layers in inference mode although their weights are trained: batch normalization uses its moving averages, which
   * do not change, and dropout does nothing. Keras' `layer(x, training=False)`. Names of layers and nested models as
   * in `frozen`; not for an ONNX model, whose graph states how it computes.
   */
  readonly inferenceMode?: readonly string[];
  /**
   * Layer → factor of its learning rate; 1 for layers that are not named. Names as in `frozen`; a layer's own factor
   * takes precedence over that of a model around it. With factor 0 the layer's parameters do not change, but the
   * averages of batch normalization still do, as in Keras with a learning rate of 0: `frozen` stops those too. On engine
   * onnx the optimizer's state of such a layer does not change either.
   */
  readonly learningRateMultipliers?: Readonly<Record<string, number>>;
}

/** What a gradient is, in words → the formulation that was chosen for it. */
export type Formulations = Readonly<Record<string, string>>;

/** Options of one training step that takes turns with another. */
export interface OpenTrainStepOptions extends TrainStepOptions {
  /**
   * Another training step, whose weights this one shares: those of the same name are one and the same in both, so what
   * one step updates the other reads, and nothing is copied. They begin as they are there, and need not be given here.
   * The optimizer's state is each step's own. Both run in the same place: leave out engine, device, threads and worker.
   * Engine onnx only.
   */
  readonly shareWeightsWith?: TrainStep;
}

/** The kinds of these options for `checkOptions`, also for functions that extend them. */
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
  deterministic: "boolean",
  formulations: "object",
  seed: { whole: true },
  frozen: "strings",
  inferenceMode: "strings",
  learningRateMultipliers: "object",
  layers: "array",
});

/**
 * Loss and metrics of a batch. For a model of several outputs the metrics include the loss of each output, `NAME_loss`
 * (without its factor), and are named `NAME_METRIC`, as in Keras.
 */
export interface StepResult {
  /** Includes the model's regularizers. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Sums from which the results of several batches are computed: name of a number → its sums. */
export type Totals = Readonly<Record<string, readonly number[]>>;

export interface MeasuredStep extends StepResult {
  readonly totals: Totals;
}

/** Which value `predict` of a training step computes. */
export interface PredictOptions {
  /** A layer of a Keras model by its path, or a value of an ONNX graph by its name; default: the model's only output. */
  readonly of?: string;
}

/** A model in training. Owns the engine's memory: dispose it, or let `using` do so. */
export interface TrainStep {
  readonly engine: EngineName;
  readonly device: DeviceName;
  /** Number of updates made. */
  readonly iteration: number;
  /**
   * Makes one update. The loss is that before the update, in training mode.
   *
   * The gradients of several batches are averaged, with equal weight for every example, as if they were one batch;
   * but batch normalization uses the statistics of each single batch.
   *
   * @param options.learningRate of this update; default: the optimizer's
   * @throws CajalError `diverged` when the loss or anything that would be written is not finite (weights,
   *   the optimizer's state, moving averages), naming the step and the first such tensor; the weights are
   *   unchanged then
   * @throws CajalError `bad-argument` when the learning rate is not a number of at least 0
   * @throws CajalError `bad-shape` when the batch does not fit the model or the loss
   */
  run(
    batch: NamedBatch | readonly NamedBatch[],
    options?: { learningRate?: number },
  ): Promise<MeasuredStep>;
  /**
   * Makes one update for each batch, as several calls of `run` do. On engine onnx with devices `cpu`, `wasm` and `cuda`
   * batches of one shape are one run of one graph (a Scan): weights and the optimizer's state then cross
   * to the device and back once, instead of once a step.
   *
   * @param options.learningRates of each update; default: the optimizer's
   * @returns what `run` returns for each
   * @throws CajalError as `run`; the updates before the one that failed have been made
   */
  runSteps(
    batches: readonly NamedBatch[],
    options?: { learningRates?: readonly number[] },
  ): Promise<MeasuredStep[]>;
  /** Loss and metrics in inference mode; does not change the model. */
  evaluate(batch: NamedBatch): Promise<MeasuredStep>;
  /**
   * An output in inference mode, with the weights as they are; does not change the model. A session opened with
   * {@link TrainStep.weights} gives the same, and is opened anew for each change of them.
   *
   * @param x the model's input, or its inputs by name, as in a batch
   * @param options.of of which layer ("generator/last") or value of a graph; default: the model's only output
   * @throws CajalError `bad-shape`, `bad-argument`, `unknown-name` when x or the name does not fit the model
   */
  predict(x: Tensor | NamedTensors, options?: PredictOptions): Promise<Tensor>;
  /** The result over several batches, from the sum of their totals ({@link addTotals}). */
  result(totals: Totals): StepResult;
  /**
   * The formulations that were chosen by measurement so far (see `deterministic`), and in how many parts a batch may have
   * been computed, as plain data. A run that
   * continues this one on another machine takes them as its option `formulations`, to give the same bits.
   */
  formulations(): Formulations;
  /** A copy of the current weights. */
  weights(): Promise<Weights>;
  /** A copy of the optimizer's state: `layer/weight/slot`, and `iteration` (int64 scalar). */
  state(): Promise<ReadonlyMap<string, Tensor>>;
  /**
   * Sets the weights and the optimizer's state, to continue an earlier run.
   *
   * @throws CajalError `bad-shape`, `bad-argument` when they do not fit; nothing is changed then
   */
  restore(weights: Weights, state: ReadonlyMap<string, Tensor>): Promise<void>;
  /** Frees the engine's memory, after the steps in progress. Idempotent. */
  dispose(): Promise<void>;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}
