// One training step: forward + loss + gradients + optimizer update, compiled for an engine. What is
// trained with (loss, optimizer, metrics) is arithmetic over `Ops`, so the engines share it.
// openTrainStep.ts makes one.
import type { Batch, Shape, Tensor, Weights } from "@cajal/core";
import type { Layer } from "@cajal/models";
import type { DeviceChoice, DeviceName, EngineName } from "../devices/device";
import type { Ops } from "./ops";

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
  /** That the loss takes logits, to which it applies this activation itself. */
  readonly logitsOf?: "softmax" | "sigmoid";
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
   * Keras. A layer within a nested model is "model/layer", and a nested model's name is all in it. Of an ONNX model: initializers, by their names or what several names begin with.
   */
  readonly frozen?: readonly string[];
  /**
   * Layer → factor of its learning rate; 1 where not named. Names as in `frozen`; a layer's own goes before
   * that of a model around it. With 0 what is learned by gradients stays, and a batch normalization's
   * averages still follow the data, as in Keras with a learning rate of 0: `frozen` stops those too.
   */
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
