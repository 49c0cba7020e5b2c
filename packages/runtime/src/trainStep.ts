// One training step: forward + loss + gradients + optimizer update, compiled for an engine. What is
// trained with (loss, optimizer, metrics) is arithmetic over `Ops`, so the engines share it.
import {
  CajalError,
  checkOptions,
  type Batch,
  type Shape,
  type Tensor,
  type Weights,
} from "@cajal/core";
import { readKeras, type ModelConfig } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import { checkDevice, type DeviceChoice, type DeviceName, type EngineName } from "./device";
import type { Ops } from "./ops";
import { checkWeights } from "./trainStepChecks";
import { trainStepOf } from "./trainStepCore";
import { trainableGraph } from "./trainStepGraph";
import { trainableModel } from "./trainStepModel";

/** What is made small. */
export interface Loss {
  readonly name: string;
  /**
   * The loss of every sample: `yPred` without its last axis. The step takes the mean over all of
   * them (Keras: `sum_over_batch_size`).
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
}

/** What is looked at; averaged over samples, like the loss. */
export interface Metric {
  readonly name: string;
  /** The metric of every sample, float32. `yPred` is what the model gives, its last activation included. */
  compute<V>(ops: Ops<V>, yTrue: V, yPred: V): V;
}

/** How gradients change parameters. What is the same for all optimizers is data: {@link Optimizer.weightDecay} and so on. */
export interface Optimizer {
  readonly name: string;
  /** The learning rate of an update; `step` is the number of updates before it. */
  readonly learningRate: (step: number) => number;
  /** What is kept for every parameter, in its shape: name → the number that it begins with. */
  readonly slots: Readonly<Record<string, number>>;
  /**
   * The learning rate with the optimizer's own correction, once a step for all parameters; the
   * learning rate itself where this is absent.
   *
   * @param iteration float32 scalar, 1 in the first step
   */
  rate?<V>(ops: Ops<V>, learningRate: V, iteration: V): V;
  /** New value of one parameter and its slots. `rate` is a float32 scalar. */
  update<V>(
    ops: Ops<V>,
    at: {
      readonly parameter: V;
      readonly gradient: V;
      readonly slots: Readonly<Record<string, V>>;
      readonly rate: V;
      /** float32 scalar, 1 in the first step. */
      readonly iteration: V;
    },
  ): { readonly parameter: V; readonly slots: Readonly<Record<string, V>> };
  /** Decoupled: each parameter first loses learning rate × this × itself (Keras: `weight_decay`). */
  readonly weightDecay?: number;
  /** Whether weight decay spares a parameter `layer/weight`. */
  readonly excludeFromWeightDecay?: (key: string) => boolean;
  /** Each gradient is scaled down to at most this L2 norm. */
  readonly clipNorm?: number;
  /** Each element of a gradient is limited to ± this. */
  readonly clipValue?: number;
  /** All gradients together are scaled down to at most this L2 norm. */
  readonly globalClipNorm?: number;
}

export interface TrainStepOptions {
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly metrics?: readonly Metric[];
  /** Default "onnx". */
  readonly engine?: EngineName;
  /** Default "auto"; on engine tfjs in Node that is cpu, for its wasm has no gradients of convolutions. */
  readonly device?: DeviceChoice;
  /** Threads that one operator may use, engine onnx only; default: one a core. */
  readonly threads?: number;
  /**
   * Whether steps run on a thread of their own, engine onnx in Node only: the caller's event loop stays
   * free, for one more copy of each batch. Default false.
   */
  readonly worker?: boolean;
  /** Of dropout and its like; default 0. */
  readonly seed?: number;
  /**
   * Layers whose weights stay as they are; their batch normalization uses the moving averages, as in
   * Keras. Of an ONNX model: initializers, by their names or what several names begin with.
   */
  readonly frozen?: readonly string[];
  /** Layer → factor of its learning rate; 1 where not named. Of an ONNX model as in `frozen`. */
  readonly learningRateMultipliers?: Readonly<Record<string, number>>;
}

/** Means over a batch. */
export interface StepResult {
  /** Includes the model's regularizers. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
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
   * Of several batches the gradients are averaged, each example counting alike, as if they were one
   * batch that does not fit into memory; but batch normalization goes by each batch's own statistics.
   *
   * @param options.learningRate of this update; default: what the optimizer says
   * @throws CajalError `diverged` when the loss or a gradient is not finite, naming the step and the
   *   first tensor that went bad; the weights are then as before the call
   * @throws CajalError `bad-shape` when the batch does not fit the model or the loss
   */
  run(batch: Batch | readonly Batch[], options?: { learningRate?: number }): Promise<StepResult>;
  /** Loss and metrics in inference mode; changes nothing. */
  evaluate(batch: Batch): Promise<StepResult>;
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

/**
 * Compiles a model with its loss, optimizer and metrics into a training step.
 *
 * @param weights where training begins: `initialize(model, { seed })`, or learned ones
 * @throws CajalError `unsupported` where a layer or device cannot be trained; `missing-peer`
 */
export async function openTrainStep(
  model: ModelConfig,
  weights: Weights,
  options: TrainStepOptions,
): Promise<TrainStep>;
/**
 * Compiles an ONNX model with its loss, optimizer and metrics into a training step on engine onnx.
 *
 * Parameters are the float32 initializers that the output depends on, by their own names: those with
 * axes, for a number alone belongs to a formula, and without what sets operators (statistics of
 * BatchNormalization, limits of Clip and the like). `withInitializers` of `@cajal/onnx` puts what
 * `weights()` gives back into the model.
 *
 * Batches come as the graph states its input: images usually NCHW `[batch, channels, height, width]`,
 * and of the stated number of examples where that is not free. The last axis of its output is that
 * of the classes. The graph computes as in inference: its batch normalizations keep their
 * statistics, its dropouts drop nothing.
 *
 * @param model of opset 7 or later, with one input and one output
 * @throws CajalError `unsupported` for another engine and, at the first step, for an operator without
 *   a gradient: the message names its node and the operators that have one; `missing-peer`
 * @example
 * const model = decodeModel(readFileSync("lenet.onnx"));
 * const step = await openTrainStep(model, { loss, optimizer, frozen: ["conv1."] });
 * for await (const batch of data) await step.run(batch);
 * const tuned = withInitializers(model, await step.weights());
 */
export async function openTrainStep(
  model: OnnxModel,
  options: TrainStepOptions,
): Promise<TrainStep>;
export async function openTrainStep(
  model: ModelConfig | OnnxModel,
  ...rest: [weights: Weights, options: TrainStepOptions] | [options: TrainStepOptions]
): Promise<TrainStep> {
  const [given, options] = rest.length === 2 ? rest : [undefined, rest[0]];
  checkOptions("openTrainStep", options, [
    "loss",
    "optimizer",
    "metrics",
    "engine",
    "device",
    "threads",
    "worker",
    "seed",
    "frozen",
    "learningRateMultipliers",
  ]);
  const { engine = "onnx", device = "auto" } = options;
  checkDevice(engine, device);
  if (options.worker && engine !== "onnx")
    throw new CajalError(
      "unsupported",
      `worker: engine ${engine} trains on the caller's thread. Use engine onnx, or leave the option out.`,
      { engine },
    );
  if ("graph" in model) {
    if (engine === "tfjs")
      throw new CajalError(
        "unsupported",
        "engine tfjs trains Keras models, not ONNX graphs. Use engine onnx.",
        { engine },
      );
    const trained = trainableGraph(model, options);
    const { initializers } = model.graph;
    const weights = new Map(trained.weights.map(({ key }) => [key, initializers.get(key)!]));
    const { openOnOnnx } = await import("./trainStepOnnx");
    return trainStepOf(await openOnOnnx(trained, weights, options), trained, options);
  }
  if (!given)
    throw new CajalError(
      "bad-argument",
      "openTrainStep: got a Keras model without weights, expected openTrainStep(model, weights, options). For random ones: initialize(model, { seed: 1 }).",
    );
  const trained = trainableModel(readKeras(model), options);
  checkWeights(given, trained.weights);
  const openCore = {
    onnx: async () => (await import("./trainStepOnnx")).openOnOnnx,
    tfjs: async () => (await import("./trainStepTfjs")).openOnTfjs,
  };
  const core = await (await openCore[engine]())(trained, given, options);
  return trainStepOf(core, trained, options);
}
