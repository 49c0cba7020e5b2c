// Fine-tuning: a new head on a frozen base first, then the upper layers too, at a lower rate. What is frozen is
// frozen as `trainable = False` in Keras: batch normalization uses its moving averages and leaves them alone.
import { CajalError, checkOptions, unknownName, checkArgument, type Weights } from "@cajal/core";
import type { Dataset } from "@cajal/datasets";
import { readKeras, resolve, type NetworkLayer } from "@cajal/models";
import { adam, train, type TrainOptions } from "@cajal/train";
import { isGraph, type LoadedGraph } from "./graph/loadedGraph";
import { tuneGraph, type TunedGraph } from "./graph/tuneGraph";
import { featureExtractor } from "./featureExtractor";
import { checkLoaded, type LoadedModel } from "./loadedModel";
import {
  fineTuneOptions,
  checkStage,
  type FineTuneEvent,
  type FineTuneOptions,
  type Stage,
} from "./stages";
import { headed, withHead } from "./withHead";

/**
 * Fine-tunes a model. With `classes` or `labels` it gets a new head first, see `withHead`; without, its own layers
 * are trained, and each stage names those that learn.
 *
 * The last event, `tuned`, has the model, its weights and the classes' names.
 *
 * @param data inputs as the network takes them, y int32 class numbers; its `classes` become the labels
 * @throws CajalError as `train` and `withHead`
 * @example
 * for await (const event of fineTune(base, images, { classes: 7, stages: [{ epochs: 5 }, { epochs: 5, learns: { from: "conv5_block1_1_conv" } }] }))
 *   if (event.type === "tuned") await writeModel("faces.keras", event);
 */
export function fineTune(
  network: LoadedModel,
  data: Dataset,
  options?: FineTuneOptions,
): AsyncGenerator<FineTuneEvent, void, undefined>;
/**
 * Fine-tunes an ONNX graph, which may come from PyTorch. Stages name initializers, or what their names begin
 * with ("layer4."); normalizations stay as they infer; the new head has no dropout.
 */
export function fineTune(
  network: LoadedGraph,
  data: Dataset,
  options?: FineTuneOptions,
): AsyncGenerator<FineTuneEvent<TunedGraph>, void, undefined>;
/** Fine-tunes what is either. */
export function fineTune(
  network: LoadedModel | LoadedGraph,
  data: Dataset,
  options?: FineTuneOptions,
): AsyncGenerator<FineTuneEvent | FineTuneEvent<TunedGraph>, void, undefined>;
export async function* fineTune(
  network: LoadedModel | LoadedGraph,
  data: Dataset,
  options: FineTuneOptions = {},
): AsyncGenerator<FineTuneEvent | FineTuneEvent<TunedGraph>, void, undefined> {
  checkArgument("fineTune", "the model", network, "object");
  if (!isGraph(network)) checkLoaded("fineTune", network);
  checkArgument("fineTune", "data", data, "object");
  checkArgument("fineTune", "data.batches", data.batches, "function");
  checkOptions("fineTune", options, fineTuneOptions);
  if (isGraph(network)) return yield* tuneGraph(network, data, options);
  const { classes, labels = data.classes ?? network.labels, layer, pooling, dropout, seed = 0 } = options; // prettier-ignore
  const { engine, device, threads, batchSize, shuffle, worker, signal, classWeights } = options;
  const { loss = "sparse_categorical_crossentropy", metrics = ["accuracy"] } = options;
  const { validation, augment, cache, folder } = options;
  const renewed =
    classes !== undefined || options.labels !== undefined
      ? withHead(network, {
          ...(classes !== undefined ? { classes } : { labels: labels! }),
          ...(layer !== undefined && { layer }),
          ...(pooling !== undefined && { pooling }),
          ...(dropout !== undefined && { dropout }),
          seed,
        })
      : undefined;
  const start: LoadedModel = renewed ?? {
    model: readKeras(network.model),
    weights: network.weights,
  };
  const layers = resolve(start.model).layers.flatMap(leavesOf);
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
  for (const [stage, { frozen, headAlone, optimizer, epochs }] of plans.entries()) {
    signal?.throwIfAborted();
    const saved = folder === undefined ? {} : await checkpointsOf(`${folder}/stage-${stage + 1}`);
    const all = { ...shared, ...saved, optimizer, epochs };
    if (renewed && headAlone && !augment) {
      const base = { model: renewed.base.model, weights };
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
    const examples = augment ? (data.map(augment) as Dataset) : data;
    for await (const event of train(start.model, examples, {
      ...all,
      weights,
      frozen,
      ...(validation && { validation }),
    })) {
      if (event.type === "end") ({ weights } = event);
      yield { ...event, stage };
    }
  }
  yield { type: "tuned", model: start.model, weights, ...(labels && { labels }) };
}

interface Leaf {
  readonly path: string;
  readonly normalizes: boolean;
}

const leavesOf = ({ path, layers, layer, weights }: NetworkLayer): readonly Leaf[] => {
  if (layers) return layers.flatMap(leavesOf);
  if (weights.length === 0) return [];
  // Weights that training moves without gradients are moving averages.
  const normalizes = layer !== undefined && weights.some(({ name }) => name.startsWith("moving_"));
  return [{ path, normalizes }];
};

/** A stage, read: what is frozen in it. */
function planOf(stage: Stage, index: number, layers: readonly Leaf[], head: readonly string[]) {
  checkStage(stage, index);
  const { epochs, learns = index === 0 && head.length > 0 ? "head" : "all", normalization = false } = stage; // prettier-ignore
  const paths = layers.map(({ path }) => path);
  const inside = (path: string, name: string) => path === name || path.startsWith(`${name}/`);
  const isHead = ({ path }: Leaf) => head.includes(path);
  let learning: (leaf: Leaf, i: number) => boolean;
  if (learns === "head") {
    if (head.length === 0)
      throw new CajalError(
        "bad-argument",
        `fineTune, stage ${index + 1}: "head" learns, and there is no new one: give classes or labels, or name the layers.`,
      );
    learning = isHead;
  } else if (learns === "all")
    learning = (leaf) => normalization || isHead(leaf) || !leaf.normalizes;
  else if (learns === "upper" || "from" in learns) {
    const from =
      learns === "upper"
        ? Math.floor((2 * paths.length) / 3)
        : paths.findIndex((path) => inside(path, learns.from));
    if (learns !== "upper" && from < 0) throw unknownName("layer with weights", learns.from, paths);
    learning = (leaf, i) => isHead(leaf) || (i >= from && (normalization || !leaf.normalizes));
  } else {
    for (const name of learns)
      if (!paths.some((path) => inside(path, name)))
        throw unknownName("layer with weights", name, paths);
    learning = ({ path }) => learns.some((name) => inside(path, name));
  }
  const headAlone =
    head.length > 0 && layers.every((leaf, i) => !learning(leaf, i) || isHead(leaf));
  const rate = stage.learningRate ?? (headAlone || index === 0 ? 1e-3 : 1e-5);
  return {
    epochs,
    headAlone,
    optimizer: stage.optimizer ?? adam({ learningRate: rate }),
    frozen: layers.filter((leaf, i) => !learning(leaf, i)).map(({ path }) => path),
  };
}

async function checkpointsOf(folder: string): Promise<Pick<TrainOptions, "checkpoint" | "resume">> {
  if (!globalThis.process?.getBuiltinModule)
    throw new CajalError("unsupported", `${folder}: states are kept in Node only.`, { folder });
  const { checkpoints, latestCheckpoint } = await import("@cajal/train/node");
  const latest = await latestCheckpoint(folder);
  return {
    checkpoint: checkpoints(folder),
    ...(latest && { resume: latest }),
  };
}
