// An image classifier: a published network by its name, or a file.
import { basename } from "node:path";
import { CajalError, type Preprocessing, type Weights } from "@cajal/core";
import { modelFacts, type Model } from "@cajal/models";
import { GraphBuilder, type Dim, type OnnxModel } from "@cajal/onnx";
import { pretrained, readModel } from "@cajal/transfer";
import { preprocessingOf } from "./imageModel";
import { isFile } from "./isFile";

export interface Classifier {
  readonly name: string;
  /** A graph, whose pictures have channels first, or a config with its weights. */
  readonly source:
    | { readonly graph: OnnxModel }
    | { readonly model: Model; readonly weights: Weights };
  /** The network's own, where its name is known: a file's model is called as what it was made of. */
  readonly preprocessing?: Preprocessing;
  readonly labels?: readonly string[];
}

/** @throws CajalError `unknown-name` for what is neither a network nor a file; as `pretrained` and `readModel` */
export async function classifier(nameOrFile: string, signal: AbortSignal): Promise<Classifier> {
  if (!isFile(nameOrFile)) {
    modelFacts(nameOrFile);
    const { name, model, weights, preprocessing, labels } = await pretrained(nameOrFile, {
      signal,
    });
    return {
      name,
      source: { model, weights },
      ...(preprocessing && { preprocessing }),
      ...(labels && { labels }),
    };
  }
  const name = basename(nameOrFile);
  const { model, weights, labels } = await readModel(nameOrFile, { signal, graphs: true });
  if (!model)
    throw new CajalError("bad-argument", `${nameOrFile}: it holds weights without a model.`, {
      file: nameOrFile,
    });
  const preprocessing = preprocessingOf("graph" in model ? model.graph.name : model.config.name);
  return {
    name,
    source: "graph" in model ? { graph: channelsFirst(model) } : { model, weights },
    ...(preprocessing && { preprocessing }),
    ...(labels && { labels }),
  };
}

/** A graph whose pictures have channels first; others, as those of Keras' exports, get a transposition before them. */
function channelsFirst(model: OnnxModel): OnnxModel {
  const { graph } = model;
  const input = graph.inputs.find(({ name }) => !graph.initializers.has(name));
  const isChannels = (extent: unknown) => extent === 1 || extent === 3;
  const shape = input?.shape;
  if (!input || shape?.length !== 4 || isChannels(shape[1]) || !isChannels(shape[3])) return model;
  const [n, height, width, channels] = shape as [Dim, Dim, Dim, Dim];
  const g = new GraphBuilder();
  const first = g.input(`${input.name}/channels_first`, "float32", [n, channels, height, width]);
  g.output(g.transpose(first, [0, 2, 3, 1]), input.name);
  const { nodes, inputs } = g.build().graph;
  return {
    ...model,
    graph: {
      ...graph,
      nodes: [...nodes, ...graph.nodes],
      inputs: graph.inputs.map((one) => (one === input ? inputs[0]! : one)),
    },
  };
}
