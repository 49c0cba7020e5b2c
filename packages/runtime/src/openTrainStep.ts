// Opens a training step: a Keras or ONNX model with its loss, optimizer and metrics, on an engine.
import { CajalError, checkArgument, checkOptions, optionsOf, showShape, showValue, type Weights } from "@cajal/core"; // prettier-ignore
import type { ModelConfig } from "@cajal/models";
import type { OnnxModel } from "@cajal/onnx";
import { engineFor } from "./engines";
import { checkWeightsRead, graphOrConfig, missingWeights } from "./modelArgument";
import { checkWeights } from "./step/checks";
import { openStepOf, trainStepOf, type OpenStep } from "./step/core";
import { trainableGraph } from "./step/graph";
import { trainableModel, type TrainableModel } from "./step/model";
import { selfTestOnce } from "./step/selfTest";
import {
  trainStepOptions,
  type OpenTrainStepOptions,
  type Optimizer,
  type TrainStep,
} from "./step/trainStep";
import { threadsFor } from "./session/threadsFor";

/**
 * Compiles a model with its loss, optimizer and metrics into a training step.
 *
 * @param model a config, or its JSON text
 * @param weights initial weights: `initialize(model, { seed })`, or trained ones
 * @throws CajalError `unsupported` where a layer or device cannot be trained; `missing-peer`; `engine`
 *   where the engine trains wrongly on the device (see `verify`)
 */
export async function openTrainStep(
  model: ModelConfig | string,
  weights: Weights,
  options: OpenTrainStepOptions,
): Promise<TrainStep>;
/**
 * Compiles an ONNX model with its loss, optimizer and metrics into a training step on engine onnx.
 *
 * Parameters are the float32 initializers that the output depends on, by name, except scalars, which are
 * constants of a formula, and settings of operators (statistics of BatchNormalization, limits of Clip and
 * the like). `withInitializers` of `@cajal/onnx` puts the result of `weights()` back into the model.
 *
 * PyTorch writes a module's buffers as initializers, too, and with `dynamo=True` what it has computed beforehand: masks,
 * tables of positions, initial states. `parameterNames(model)` lists all; name in `frozen` what PyTorch would not train.
 *
 * Batches have the shape that the graph states for its input: images usually NCHW `[batch, channels, height,
 * width]`, with the stated number of examples where that is not free. The last axis of its output is that of
 * the classes. The graph computes as it says: batch normalization keeps its statistics and dropout does nothing,
 * but where it was exported in training mode.
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
  options: OpenTrainStepOptions,
): Promise<TrainStep>;
export async function openTrainStep(
  argument: ModelConfig | OnnxModel | Uint8Array | string,
  ...rest: [weights: Weights, options: OpenTrainStepOptions] | [options: OpenTrainStepOptions]
): Promise<TrainStep> {
  const [weights, options] = rest.length === 2 ? rest : [undefined, rest[0]];
  checkWeightsRead("openTrainStep", weights);
  const model = graphOrConfig("openTrainStep", argument);
  checkOptions("openTrainStep", options, optionKinds);
  const { worker } = options;
  if (worker !== undefined && worker !== "auto" && typeof worker !== "boolean")
    throw new CajalError("bad-argument", `openTrainStep: got worker ${showValue(worker)}, expected true, false or "auto".`); // prettier-ignore
  const { verify = true, shareWeightsWith } = options;
  const other = shareWeightsWith === undefined ? undefined : openOther(shareWeightsWith, options);
  const engine = engineFor(
    other?.core.engine ?? options.engine,
    other?.core.device ?? options.device ?? "auto",
  );
  const threads = threadsFor("openTrainStep", options.threads);
  const { optimizer } = options;
  checkArgument("openTrainStep", "optimizer", optimizer, "object");
  checkArgument("openTrainStep", "optimizer.learningRate", optimizer.learningRate, "function");
  checkArgument("openTrainStep", "optimizer.slots", optimizer.slots, "object");
  checkArgument("openTrainStep", "optimizer.update", optimizer.update, "function");
  for (const name of ["rate", "excludeFromWeightDecay"] as const)
    if (optimizer[name] !== undefined)
      checkArgument("openTrainStep", `optimizer.${name}`, optimizer[name], "function");
  checkOptimizer(optimizer);
  const openWith = async (shared: Weights): Promise<TrainStep> => {
    const { trainable, initialWeights } =
      "graph" in model
        ? trainableGraph(model, options)
        : kerasTrainable(model, weights, shared, options);
    const core = await engine.openTrainStep(
      trainable,
      startingWith(trainable, initialWeights, shared),
      { ...options, ...(threads !== undefined && { threads }) },
      other?.core,
    );
    try {
      // An engine and device are trusted once they have trained a small network as Keras does.
      if (verify) await selfTestOnce(core, engine);
    } catch (error) {
      await core.free();
      throw error;
    }
    return trainStepOf(core, trainable, options, other?.inTurn);
  };
  return other
    ? other.inTurn(async () => openWith(await other.core.readWeights()))
    : openWith(new Map());
}

const optionKinds = optionsOf<OpenTrainStepOptions>({
  ...trainStepOptions,
  shareWeightsWith: "object",
});

/** @throws CajalError `bad-argument`, `disposed` */
function openOther(step: TrainStep, options: OpenTrainStepOptions): OpenStep {
  const other = openStepOf(step);
  if (!other)
    throw new CajalError(
      "bad-argument",
      "shareWeightsWith: got an object that openTrainStep did not return, expected a training step.",
    );
  if (other.isDisposed())
    throw new CajalError("disposed", "shareWeightsWith: that training step is disposed.");
  for (const name of ["engine", "device", "threads", "worker"] as const)
    if (options[name] !== undefined)
      throw new CajalError(
        "bad-argument",
        `openTrainStep: got "${name}" beside shareWeightsWith; steps that share weights run in the same place. Leave it out.`,
        { option: name },
      );
  return other;
}

/**
 * The weights that a step begins with: shared ones as they are in the other step.
 *
 * @throws CajalError `bad-shape`, `bad-argument` where the two share nothing
 */
function startingWith(
  { weights }: TrainableModel,
  initialWeights: Weights,
  shared: Weights,
): Weights {
  if (shared.size === 0) return initialWeights;
  const common = weights.filter(({ key }) => shared.has(key));
  if (common.length === 0)
    throw new CajalError(
      "bad-argument",
      `shareWeightsWith: the models have no weight in common. That step's: ${[...shared.keys()].slice(0, 3).join(", ")}, …; this one's: ${weights.slice(0, 3).map(({ key }) => key).join(", ")}, …. Weights go by the names of their layers.`, // prettier-ignore
    );
  for (const { key, shape } of common)
    if (showShape(shared.get(key)!.shape) !== showShape(shape))
      throw new CajalError(
        "bad-shape",
        `shareWeightsWith: weight "${key}" is ${showShape(shared.get(key)!.shape)} in that step, and ${showShape(shape)} in this model.`,
        { weight: key, got: shared.get(key)!.shape, expected: shape },
      );
  return new Map([...initialWeights, ...common.map(({ key }) => [key, shared.get(key)!] as const)]);
}

/** Checks the numbers of an optimizer, which may be the caller's own. */
function checkOptimizer({ slots, ...optimizer }: Optimizer): void {
  const badField = (name: string, got: unknown, expected: string) =>
    new CajalError(
      "bad-argument",
      `openTrainStep: got optimizer.${name} ${showValue(got)}, expected ${expected}.`,
      { name, got },
    );
  for (const name of ["clipNorm", "clipValue", "globalClipNorm"] as const) {
    const got: unknown = optimizer[name];
    if (got !== undefined && !(Number.isFinite(got) && Number(got) > 0))
      throw badField(name, got, "a number above 0, or none for no clipping");
  }
  const { weightDecay } = optimizer;
  if (weightDecay !== undefined && !(Number.isFinite(weightDecay) && weightDecay >= 0))
    throw badField("weightDecay", weightDecay, "a number of at least 0");
  if (typeof (optimizer.readsShapes ?? false) !== "boolean")
    throw badField("readsShapes", optimizer.readsShapes, "true or false");
  for (const [slot, initialValue] of Object.entries(slots))
    if (!Number.isFinite(initialValue))
      throw badField(`slots.${slot}`, initialValue, "the number that it begins with");
}

/** @throws CajalError `bad-argument`, `bad-shape` where the weights do not fit */
function kerasTrainable(
  model: ModelConfig,
  weights: Weights | undefined,
  shared: Weights,
  options: OpenTrainStepOptions,
) {
  if (!weights) throw missingWeights("openTrainStep");
  checkArgument("openTrainStep", "weights", weights, "map");
  const trainable = trainableModel(model, options);
  checkWeights(
    weights,
    trainable.weights.filter(({ key }) => weights.has(key) || !shared.has(key)),
  );
  return { trainable, initialWeights: weights };
}
