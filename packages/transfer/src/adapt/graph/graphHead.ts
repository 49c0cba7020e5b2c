// A new head on an ONNX graph: pooling where its output is a feature map, a dense layer with softmax.
import { CajalError, random, showShape, tensor, unknownName, type Tensor } from "@cajal/core";
import { GraphBuilder, withInitializers, type Dim, type OnnxModel, type Value } from "@cajal/onnx";
import type { HeadOptions } from "../headOptions";
import { cutGraph, infoOf, pruned } from "./cutGraph";
import { floatsOf, type LoadedGraph } from "./loadedGraph";

/** A graph with a new head. */
export interface HeadedGraph extends LoadedGraph {
  /** Names of the head's initializers, its kernel and its bias. */
  readonly head: readonly string[];
  /** The value that the head reads, [batch, features]. */
  readonly features: string;
}

/**
 * Puts a new head on a graph.
 *
 * @param options.classes number of classes
 * @throws CajalError `unknown-name` (node, value), `unsupported` for a graph of several outputs, or of one whose
 *   features' number is not known
 */
export function graphHead(
  network: LoadedGraph,
  { classes, layer, pooling = "avg", seed = 0, labels }: HeadOptions & { readonly classes: number },
): HeadedGraph {
  if (pooling !== "avg" && pooling !== "max" && pooling !== null)
    throw unknownName("pooling", String(pooling), ["avg", "max"]);
  const whole = network.weights ? withInitializers(network.model, network.weights) : network.model;
  const base = layer === undefined ? whole : cutGraph({ model: whole }, layer).model;
  const [output, ...others] = base.graph.outputs;
  if (!output || others.length > 0)
    throw new CajalError(
      "unsupported",
      `withHead: the graph has ${base.graph.outputs.length} outputs, expected one. Cut it at a value.`,
    );
  const { shape } = infoOf(base, output.name);
  const features = featuresOf(shape, pooling);
  if (features === undefined)
    throw new CajalError(
      "unsupported",
      `withHead: "${output.name}" is ${shape ? showShape(shape.map((dim) => (typeof dim === "number" ? dim : null))) : "of unknown shape"}, expected [batch, features] or [batch, channels, …], all but the batch known.`,
      { value: output.name },
    );
  const g = GraphBuilder.from(base);
  const x = g.value(output.name);
  const isMap = shape!.length > 2;
  const pooled = isMap && pooling !== null && shape!.length > 3;
  const image = !pooled ? x : pooling === "avg" ? averaged(g, x) : largest(g, x);
  const flat = isMap ? g.flatten(image) : image;
  const names = ["predictions/kernel", "predictions/bias"].map((name) => freeName(base, name));
  // Glorot and Bengio 2010: uniform up to √(6 / (in + out)).
  const limit = Math.sqrt(6 / (features + classes));
  const draw = random(seed, "predictions/kernel");
  const kernel = Float32Array.from(
    { length: features * classes },
    () => limit * (2 * draw.float() - 1),
  );
  const product = g.gemm(
    flat,
    g.initializer(names[0]!, tensor("float32", [features, classes], kernel)),
    g.initializer(names[1]!, tensor("float32", [classes])),
  );
  g.output(g.softmax(product, { axis: 1 }), freeName(base, "predictions"));
  const built = g.build();
  // The base's own output is none any more.
  const model = pruned(
    { ...built, metadata: base.metadata },
    built.graph.outputs.filter(({ name }) => name !== output.name),
  );
  return {
    model,
    weights: floatsOf(model),
    head: names,
    features: flat.name,
    ...(labels && { labels }),
  };
}

/** ONNX Runtime's global pooling takes three axes at most. */
const isPoolable = ({ shape }: Value) => shape!.length <= 5;
const placesOf = ({ shape }: Value) => ({ axes: shape!.slice(2).map((_, i) => i + 2) });
const averaged = (g: GraphBuilder, x: Value) => isPoolable(x) ? g.globalAveragePool(x) : g.reduceMean(x, placesOf(x)); // prettier-ignore
const largest = (g: GraphBuilder, x: Value) => isPoolable(x) ? g.globalMaxPool(x) : g.reduceMax(x, placesOf(x)); // prettier-ignore

/** How many features an example has, once pooled; undefined where that is not known. */
function featuresOf(
  shape: readonly Dim[] | undefined,
  pooling: "avg" | "max" | null,
): number | undefined {
  if (!shape || shape.length < 2) return undefined;
  const [, channels, ...rest] = shape;
  const all = shape.length > 3 && pooling !== null ? [channels] : [channels, ...rest];
  return all.reduce<number | undefined>(
    (count, dim) => (count !== undefined && typeof dim === "number" ? count * dim : undefined),
    1,
  );
}

/** The head alone, features in and probabilities out, under the names that it has in the whole. */
export function headAlone({ model, head }: Pick<HeadedGraph, "model" | "head">): OnnxModel {
  const [kernel, bias] = head.map((name) => model.graph.initializers.get(name) as Tensor);
  const g = new GraphBuilder({ name: "head" });
  const x = g.input("features", "float32", ["batch", kernel!.shape[0]!]);
  const product = g.gemm(x, g.initializer(head[0]!, kernel!), g.initializer(head[1]!, bias!));
  g.output(g.softmax(product, { axis: 1 }), model.graph.outputs[0]!.name);
  return g.build();
}

function freeName({ graph }: OnnxModel, name: string): string {
  const usedNames = new Set([
    ...graph.initializers.keys(),
    ...graph.inputs.map((input) => input.name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  let one = name;
  for (let i = 1; usedNames.has(one); i++) one = `${name}_${i}`;
  return one;
}
