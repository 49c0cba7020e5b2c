// Fine-tuning: a new head on a frozen base first, then the upper layers too, at a lower rate. What is frozen is
// frozen as `trainable = False` in Keras: batch normalization uses its moving averages and leaves them alone.
import { CajalError, checkOptions, checkArgument, type Weights } from "@cajal/core";
import type { Dataset } from "@cajal/datasets";
import { readKeras, resolve, type ModelConfig, type NetworkLayer } from "@cajal/models";
import { adam, train } from "@cajal/train";
import { isGraph, type LoadedGraph } from "./graph/loadedGraph";
import { tuneGraph, type TunedGraph } from "./graph/tuneGraph";
import { featureExtractor } from "./featureExtractor";
import { checkLabels } from "./headOptions";
import { checkData, checkLoaded, type Examples, type LoadedModel } from "./loadedModel";
import {
  checkClasses,
  checkpointsOf,
  fineTuneOptions,
  learnersOf,
  type FineTuneEvent,
  type FineTuneOptions,
  type Stage,
} from "./stages";
import { headed, withHead } from "./withHead";

/**
 * Fine-tunes a model. With `classes` or `labels` it gets a new head first, see `withHead`; without, it gets none: its
 * own layers are trained, its outputs are those of the data's classes, and each stage names the layers that learn.
 *
 * The last event, `tuned`, has the model, its weights and the classes' names.
 *
 * @param data inputs as the network takes them, y int32 class numbers; its `classes` become the labels
 * @throws CajalError as `train` and `withHead`; `bad-argument` where the model has not as many outputs as the data classes
 * @example
 * for await (const event of fineTune(base, images, { classes: 7, stages: [{ epochs: 5 }, { epochs: 5, learns: { from: "conv5_block1_1_conv" } }] }))
 *   if (event.type === "tuned") await writeModel("faces.keras", event);
 */
export function fineTune(
  network: LoadedModel,
  data: Examples,
  options?: FineTuneOptions,
): AsyncGenerator<FineTuneEvent, void, undefined>;
/**
 * Fine-tunes an ONNX graph, which may come from PyTorch. Stages name initializers, or what their names begin
 * with ("layer4."); normalizations stay as they infer; the new head has no dropout.
 */
export function fineTune(
  network: LoadedGraph,
  data: Examples,
  options?: FineTuneOptions,
): AsyncGenerator<FineTuneEvent<TunedGraph>, void, undefined>;
/** Fine-tunes what is either. */
export function fineTune(
  network: LoadedModel | LoadedGraph,
  data: Examples,
  options?: FineTuneOptions,
): AsyncGenerator<FineTuneEvent | FineTuneEvent<TunedGraph>, void, undefined>;
export async function* fineTune(
  network: LoadedModel | LoadedGraph,
  data: Examples,
  options: FineTuneOptions = {},
): AsyncGenerator<FineTuneEvent | FineTuneEvent<TunedGraph>, void, undefined> {
  checkArgument("fineTune", "the model", network, "object");
  if (!isGraph(network)) checkLoaded("fineTune", network);
  checkData("fineTune", "the data", data);
  checkOptions("fineTune", options, fineTuneOptions);
  checkLabels("fineTune", options);
  if (options.validation !== undefined) checkData("fineTune", "validation", options.validation);
  if (isGraph(network)) return yield* tuneGraph(network, data, options);
  const { classes, layer, pooling, dropout, seed = 0 } = options; // prettier-ignore
  const { engine, device, threads, batchSize, shuffle, worker, signal, classWeights } = options;
  const { loss = "sparse_categorical_crossentropy", metrics = ["accuracy"] } = options;
  const { validation, augment, cache, folder } = options;
  const renewed =
    classes !== undefined || options.labels !== undefined
      ? withHead(network, {
          ...(classes !== undefined ? { classes } : { labels: options.labels }),
          ...(layer !== undefined && { layer }),
          ...(pooling !== undefined && { pooling }),
          ...(dropout !== undefined && { dropout }),
          seed,
        })
      : undefined;
  const labels = options.labels ?? data.classes ?? (renewed ? undefined : network.labels);
  const own = { ...(network.layers && { layers: network.layers }) };
  const start: LoadedModel = renewed ?? {
    model: readKeras(network.model),
    weights: network.weights,
  };
  const tuned = resolve(start.model, own);
  const shapes = tuned.outputs.map(({ shape }) => shape);
  checkClasses(shapes, data, { loss, newHead: renewed !== undefined });
  const layers = tuned.layers.flatMap(leavesOf);
  const headNames = renewed?.head.model.config.layers.map(({ name }) => name) ?? [];
  const stages = options.stages ?? [{ epochs: 5 }, { epochs: 5, learns: "upper" }];
  const plans = stages.map((stage, i) => planOf(stage, i, layers, headNames));
  const shared = {
    loss,
    metrics,
    seed,
    ...(engine !== undefined && { engine }),
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(batchSize !== undefined && { batchSize }),
    ...(shuffle !== undefined && { shuffle }),
    ...(worker !== undefined && { worker }),
    ...(signal && { signal }),
    ...(classWeights !== undefined && { classWeights }),
  };

  let { weights } = start;
  for (const [stage, { frozen, headAlone, isNamed, optimizer, epochs }] of plans.entries()) {
    signal?.throwIfAborted();
    const saved = await checkpointsOf(folder, stage);
    const all = { ...shared, ...saved, optimizer, epochs };
    if (renewed && headAlone && !augment) {
      const base = { ...own, model: renewed.base.model, weights };
      const mine = new Map([...weights].filter(([key]) => renewed.base.weights.has(key)));
      await using extractor = await featureExtractor(
        { ...base, weights: mine },
        { pooling: null, ...(engine !== undefined && { engine }), ...(device !== undefined && { device }), ...(threads !== undefined && { threads }), ...(signal && { signal }) }, // prettier-ignore
      );
      const reading = { ...(cache !== undefined && { cache }), ...(signal && { signal }) };
      const features = await extractor.features(data, reading);
      const checked = validation && (await extractor.features(validation, reading));
      const head = new Map([...weights].filter(([key]) => renewed.head.weights.has(key)));
      // What learns is the head; weights that are asked for are those of the whole model.
      const whole = (trained: Weights) =>
        headed({ ...base, weights: mine }, { model: renewed.head.model, weights: trained }).weights;
      for await (const event of train(renewed.head.model, features, {
        ...all,
        weights: head,
        ...(checked && { validation: checked }),
      })) {
        if (event.type === "end") weights = whole(event.weights);
        if (event.type === "end") yield { ...event, weights, stage };
        else if (event.type === "epoch")
          yield { ...event, weights: async () => whole(await event.weights()), stage };
        else yield { ...event, stage };
      }
      continue;
    }
    const examples = augment ? (data as Dataset).map(augment) : data;
    for await (const event of train(isNamed ? thawed(start.model) : start.model, examples, {
      ...all,
      ...own,
      weights,
      frozen,
      ...(validation && { validation }),
    })) {
      if (event.type === "end") ({ weights } = event);
      yield { ...event, stage };
    }
  }
  yield { type: "tuned", model: start.model, weights, ...own, ...(labels && { labels }) };
}

interface Leaf {
  readonly path: string;
  readonly normalizes: boolean;
  /** Whether the model itself lets it learn. */
  readonly trainable: boolean;
}

const leavesOf = ({ path, layers, layer, weights, trainable }: NetworkLayer): readonly Leaf[] => {
  if (layers) return layers.flatMap(leavesOf);
  if (weights.length === 0) return [];
  // Weights that training moves without gradients are moving averages.
  const normalizes = layer !== undefined && weights.some(({ name }) => name.startsWith("moving_"));
  return [{ path, normalizes, trainable }];
};

/** The model with no layer marked as frozen, nor what layers wrap: a list of a stage says what learns. */
const thawed = (model: ModelConfig): ModelConfig => withoutMarks(model) as ModelConfig;

function withoutMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (typeof value !== "object" || value === null || !("config" in value)) return value;
  const { config } = value;
  // Models within are lists of layers in old files.
  if (Array.isArray(config)) return { ...value, config: config.map(withoutMarks) };
  const entries = Object.entries(config ?? {}).filter(([key]) => key !== "trainable");
  return { ...value, config: Object.fromEntries(entries.map(([key, each]) => [key, withoutMarks(each)])) }; // prettier-ignore
}

/** A stage, read: what is frozen in it. */
function planOf(stage: Stage, index: number, layers: readonly Leaf[], head: readonly string[]) {
  const chosen = learnersOf(stage, index, {
    names: layers.map(({ path }) => path),
    head,
    what: "layer with weights",
    isIn: (path, name) => path === name || path.startsWith(`${name}/`),
  });
  const { epochs, learns, normalization = Array.isArray(learns) } = stage;
  const isHead = ({ path }: Leaf) => head.includes(path);
  const isNamed = Array.isArray(learns);
  const body = layers.filter((leaf, i) => chosen[i] && !isHead(leaf));
  if (!isNamed && body.length > 0 && body.every(({ trainable }) => !trainable))
    throw new CajalError(
      "bad-argument",
      `fineTune, stage ${index + 1}: the model marks every layer that would learn as trainable: false, the first "${body[0]!.path}". Name those that are to learn: learns: ["${body.at(-1)!.path}"].`,
      { layers: body.map(({ path }) => path) },
    );
  const frozen = layers.filter(
    (leaf, i) =>
      !chosen[i] ||
      (!isNamed && !leaf.trainable) ||
      (leaf.normalizes && !normalization && !isHead(leaf)),
  );
  const headAlone =
    head.length > 0 && layers.every((leaf) => isHead(leaf) || frozen.includes(leaf));
  const rate = stage.learningRate ?? (headAlone ? 1e-3 : 1e-5);
  return {
    epochs,
    headAlone,
    isNamed,
    optimizer: stage.optimizer ?? adam({ learningRate: rate }),
    frozen: frozen.map(({ path }) => path),
  };
}
