// Opens a training step: a Keras or ONNX model with its loss, optimizer and metrics, on an engine.
import { CajalError, checkOptions, type Weights } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";
import { isCarried, type OnnxModel } from "@cajal/onnx";
import { checkDevice } from "./devices/device";
import type { TrainStep, TrainStepOptions } from "./step/trainStep";
import { graphOrConfig } from "./modelArgument";
import { checkThreads } from "./threads";
import { checkWeights } from "./step/checks";
import { trainStepOf, type TrainCore } from "./step/core";
import { trainableGraph } from "./step/graph";
import { trainableModel, type TrainableModel } from "./step/model";
import { selfTestOnce, type OpenCore } from "./step/selfTest";

/**
 * Compiles a model with its loss, optimizer and metrics into a training step.
 *
 * @param model a config, or its JSON text
 * @param weights where training begins: `initialize(model, { seed })`, or learned ones
 * @throws CajalError `unsupported` where a layer or device cannot be trained; `missing-peer`; `engine`
 *   where the engine trains wrongly on the device (see `verify`)
 */
export async function openTrainStep(
  model: ModelConfig | string,
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
 * @throws CajalError `unsupported` for another engine, and for an operator without a gradient: the
 *   message names its node and the operators that have one; `missing-peer`
 * @example
 * const model = decodeModel(readFileSync("lenet.onnx"));
 * const step = await openTrainStep(model, { loss, optimizer, frozen: ["conv1."] });
 * for await (const batch of data) await step.run(batch);
 * const tuned = withInitializers(model, await step.weights());
 */
export async function openTrainStep(
  model: OnnxModel | Uint8Array,
  options: TrainStepOptions,
): Promise<TrainStep>;
export async function openTrainStep(
  argument: ModelConfig | OnnxModel | Uint8Array | string,
  ...rest: [weights: Weights, options: TrainStepOptions] | [options: TrainStepOptions]
): Promise<TrainStep> {
  const [given, options] = rest.length === 2 ? rest : [undefined, rest[0]];
  const model = graphOrConfig("openTrainStep", argument);
  checkOptions("openTrainStep", options, [
    "loss",
    "lossWeights",
    "optimizer",
    "metrics",
    "engine",
    "device",
    "threads",
    "worker",
    "verify",
    "seed",
    "frozen",
    "learningRateMultipliers",
    "layers",
  ]);
  const { engine = "onnx", device = "auto", seed } = options;
  checkDevice(engine, device);
  checkThreads("openTrainStep", options.threads);
  if (seed !== undefined && !Number.isSafeInteger(seed))
    throw new CajalError(
      "bad-argument",
      `openTrainStep, "seed": got ${String(seed)}, expected a whole number.`,
      { seed },
    );
  if (options.worker === true && engine !== "onnx")
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
    const weights = new Map(
      trained.weights.map(({ key }) => {
        const weight = initializers.get(key)!;
        if (isCarried(weight))
          throw new CajalError(
            "unsupported",
            `initializer "${key}" is of type ${weight.dtype}, which is not trained.`,
            { initializer: key, dtype: weight.dtype },
          );
        return [key, weight] as const;
      }),
    );
    const { openOnOnnx } = await import("./engines/onnx/trainStep");
    return proven(await openOnOnnx(trained, weights, options), trained, openOnOnnx);
  }
  if (!given)
    throw new CajalError(
      "bad-argument",
      "openTrainStep: got a Keras model without weights, expected openTrainStep(model, weights, options). For random ones: initialize(model, { seed: 1 }).",
    );
  const trained = trainableModel(model, options);
  checkWeights(given, trained.weights);
  const openCore = {
    onnx: async () => (await import("./engines/onnx/trainStep")).openOnOnnx,
    tfjs: async () => (await import("./engines/tfjs/trainStep")).openOnTfjs,
  };
  const openOn = await openCore[engine]();
  return proven(await openOn(trained, given, options), trained, openOn);

  /** The step, once its engine and device have trained a small network as Keras does. */
  async function proven(core: TrainCore, of: TrainableModel, open: OpenCore): Promise<TrainStep> {
    try {
      if (options.verify ?? true) await selfTestOnce(core, open);
    } catch (error) {
      await core.free();
      throw error;
    }
    return trainStepOf(core, of, options);
  }
}
