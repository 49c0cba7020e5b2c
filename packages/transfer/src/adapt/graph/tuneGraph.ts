// Fine-tuning of an ONNX graph, stage by stage; normalizations in it stay as they infer.
import { CajalError, type Weights } from "@cajal/core";
import type { Dataset } from "@cajal/datasets";
import { encodeModel, withInitializers, type OnnxModel } from "@cajal/onnx";
import { open, parameterNames } from "@cajal/runtime";
import { adam, train, type TrainOptions } from "@cajal/train";
import { featuresOf } from "../features";
import {
  checkClasses,
  checkpointsOf,
  learnersOf,
  type FineTuneEvent,
  type FineTuneOptions,
  type Stage,
} from "../stages";
import type { Examples } from "../loadedModel";
import { cutGraph } from "./cutGraph";
import { graphHead, headAlone } from "./graphHead";
import { floatsOf, type LoadedGraph } from "./loadedGraph";

/** A graph with what was learned in it. */
export type TunedGraph = LoadedGraph & { readonly weights: Weights };

/** See `fineTune`; names in stages are those of initializers, or what they begin with. */
export async function* tuneGraph(
  network: LoadedGraph,
  data: Examples,
  options: FineTuneOptions,
): AsyncGenerator<FineTuneEvent<TunedGraph>, void, undefined> {
  const { classes, layer, pooling, dropout = 0, cache, seed = 0 } = options; // prettier-ignore
  const { folder, validation, augment } = options;
  if (dropout > 0)
    throw new CajalError(
      "unsupported",
      'fineTune: "dropout" is for Keras models; the head of an ONNX graph has none.',
    );
  const count = classes ?? options.labels?.length;
  const renewed =
    count === undefined
      ? undefined
      : graphHead(network, {
          classes: count,
          seed,
          ...(layer !== undefined && { layer }),
          ...(pooling !== undefined && { pooling }),
        });
  const labels = options.labels ?? data.classes ?? (renewed ? undefined : network.labels);
  let model: OnnxModel =
    renewed?.model ??
    (network.weights ? withInitializers(network.model, network.weights) : network.model);
  const head = renewed?.head ?? [];
  const names = parameterNames(model);
  const stages = options.stages ?? [{ epochs: 5 }, { epochs: 5, learns: "all" }];
  const plans = stages.map((stage, i) => planOf(stage, i, names, head));
  const { engine, device, threads, batchSize, shuffle, worker, signal, classWeights } = options;
  const { loss = "sparse_categorical_crossentropy", metrics = ["accuracy"] } = options;
  const shapes = model.graph.outputs.map(({ shape }) => shape);
  checkClasses(shapes, data, { loss, newHead: renewed !== undefined });
  const place = {
    ...(engine !== undefined && { engine }),
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(signal && { signal }),
  };
  for (const [stage, { alone, ...plan }] of plans.entries()) {
    signal?.throwIfAborted();
    const saved = await checkpointsOf(folder, stage);
    const all: TrainOptions = {
      ...saved,
      ...plan,
      ...place,
      loss,
      metrics,
      seed,
      ...(batchSize !== undefined && { batchSize }),
      ...(shuffle !== undefined && { shuffle }),
      ...(worker !== undefined && { worker }),
      ...(classWeights !== undefined && { classWeights }),
    };
    if (renewed && alone && !augment) {
      // What learns reads the same features in every epoch: they are computed once.
      const base = cutGraph({ model }, renewed.features).model;
      const read = async (examples: Examples) => {
        await using session = await open(base, place);
        const reading = { ...(cache !== undefined && { cache }), ...(signal && { signal }) };
        const size = renewed.weights!.get(head[0]!)!.shape[0]!;
        return await featuresOf(
          session,
          { size, of: () => [encodeModel(base)] },
          examples,
          reading,
        );
      };
      const features = await read(data);
      const checked = validation && (await read(validation));
      const before = model;
      const whole = (trained: Weights) => new Map([...floatsOf(before), ...trained]);
      for await (const event of train(headAlone({ model, head }), features, {
        ...all,
        frozen: [],
        ...(checked && { validation: checked }),
      })) {
        if (event.type === "end") {
          const weights = whole(event.weights);
          model = withInitializers(model, weights);
          yield { ...event, weights, stage };
        } else if (event.type === "epoch")
          yield { ...event, weights: async () => whole(await event.weights()), stage };
        else yield { ...event, stage };
      }
      continue;
    }
    const examples = augment ? (data as Dataset).map(augment) : data;
    for await (const event of train(model, examples, {
      ...all,
      ...(validation && { validation }),
    })) {
      if (event.type === "end") model = withInitializers(model, event.weights);
      yield { ...event, stage };
    }
  }
  yield { type: "tuned", model, weights: floatsOf(model), ...(labels && { labels }) };
}

function planOf(
  stage: Stage,
  index: number,
  names: readonly string[],
  head: readonly string[],
): Pick<TrainOptions, "epochs" | "optimizer" | "frozen"> & { readonly alone: boolean } {
  const chosen = learnersOf(stage, index, {
    names,
    head,
    what: "initializer",
    isIn: (name, called) =>
      name === called || name.startsWith(`${called}.`) || name.startsWith(`${called}/`),
  });
  const alone =
    chosen.includes(true) && names.every((name, i) => !chosen[i] || head.includes(name));
  const isHead = (stage.learns ?? (index === 0 && head.length > 0 ? "head" : "all")) === "head";
  const optimizer =
    stage.optimizer ?? adam({ learningRate: stage.learningRate ?? (isHead ? 1e-3 : 1e-5) });
  return { epochs: stage.epochs, optimizer, frozen: names.filter((_, i) => !chosen[i]), alone };
}
