// A classifier as a graph to be explained: its image with the channels first, its scores before and
// behind the softmax or sigmoid, and its layers by name, wherever it came from.
import { CajalError, unknownName } from "@cajal/core";
import { inferShapes, type GraphBuilder, type Node, type OnnxModel, type Value, type ValueInfo } from "@cajal/onnx"; // prettier-ignore
import { stemOf } from "./stem";
import { valuesAfter, valuesBefore } from "./way";

/** A layer, or a value of a graph: on the way from the image to the scores. */
export interface LayerInfo {
  /** As one names it, and as results name it. */
  readonly name: string;
  /** Other names that it answers to. */
  readonly aliases: readonly string[];
  /** The graph's value. */
  readonly value: string;
  /** Of one example, channels first; undefined where an extent is free. */
  readonly shape: readonly (number | undefined)[];
  /** On which of these axes the channels are; the first, where nothing tells. */
  readonly channelAxis: number;
  /** The image whose flattened form this is, [height, width, channels] in Keras, where it lies otherwise here. */
  readonly flattened?: readonly number[] | undefined;
}

export interface ExplainedGraph {
  /** Whose values are all inside; its outputs are nobody's. */
  readonly model: OnnxModel;
  /** The value of the image. */
  readonly image: string;
  /** Of one image, channels first; undefined where an extent is free. */
  readonly imageShape: readonly (number | undefined)[];
  /** On which of these axes the channels are: of ONNX graphs the first one. Undefined for rows of numbers, which have no other axis. */
  readonly channelAxis: number | undefined;
  /** How many images must come at once, where the graph says so. */
  readonly batch: number | undefined;
  /** Values of the scores: [batch, classes]. */
  readonly logits: string;
  /** Values of the classes' probabilities: of a sigmoid where the network ends in one or has one score, else of a softmax. */
  readonly probabilities: string;
  /** Whether the probabilities are a sigmoid's: each class has its own, and they are no distribution. */
  readonly independent: boolean;
  readonly classes: number;
  readonly layers: readonly LayerInfo[];
  /** The last value before which all is affine, where sparing the way there and back is worth it. */
  readonly stem: string | undefined;
  /** Of every value, as far as known. */
  readonly values: ReadonlyMap<string, ValueInfo>;
}

/** What is said of a model of several inputs or outputs. */
export function notOne(what: string, names: readonly string[]): CajalError {
  return new CajalError(
    "unsupported",
    `the model has ${names.length} ${what}: ${names.join(", ")}. What a network looks at is told of models of one.`,
    { [what]: names },
  );
}

/**
 * Finds or adds logits and softmax, and states what is known.
 *
 * @param channelsFirst whether the image's channels are its first axis, or its last one
 */
export function graphOf(
  g: GraphBuilder,
  image: Value,
  output: Value,
  layers: readonly LayerInfo[],
  channelsFirst: boolean,
): ExplainedGraph {
  const maker = (name: string) => g.nodes.find((node) => node.outputs.includes(name));
  // Behind its softmax a network may lay scores otherwise, as MobileNet does.
  const laid: Node[] = [];
  let last = maker(output.name);
  while (last && laying.includes(last.op)) {
    laid.unshift(last);
    last = maker(last.inputs[0]!);
  }
  const ends = (op: string) => last?.op === op && last.domain === "";
  const activated = ends("Softmax") || ends("Sigmoid") || ends("LogSoftmax");
  const [batch, ...imageShape] = image.shape ?? [];
  const logits = inRows(g, activated ? laidAs(g, laid, g.value(last!.inputs[0]!)) : output, batch);
  const { shape } = logits;
  const classes = shape?.at(-1);
  const axis = last?.attributes["axis"]?.value ?? -1;
  const over = last && g.value(last.inputs[0]!).shape?.at(Number(axis));
  if (
    shape?.length !== 2 ||
    typeof classes !== "number" ||
    logits.dtype !== "float32" ||
    ((ends("Softmax") || ends("LogSoftmax")) && over !== classes)
  )
    throw new CajalError(
      "unsupported",
      `the model's output "${output.name}" is ${output.dtype} [${output.shape?.join() ?? "?"}], expected scores [batch, classes] in float32.`,
      { output: output.name, shape: output.shape },
    );
  // Of a score that is the only one a softmax would be 1, whatever it is.
  const isAlone = classes === 1 && !activated;
  const probabilities =
    ends("Softmax") || ends("Sigmoid")
      ? inRows(g, output, batch)
      : isAlone
        ? g.sigmoid(logits)
        : g.softmax(logits, { axis: -1 });
  if (image.dtype !== "float32")
    throw new CajalError(
      "unsupported",
      `input "${image.name}" is ${image.dtype}, expected float32: by whole numbers nothing is differentiated.`,
      { input: image.name, dtype: image.dtype },
    );
  const model = g.build();
  const values = inferShapes(model);
  // Behind the scores a layer may lie that lays them otherwise.
  const before = valuesBefore(model.graph.nodes, [output.name, logits.name, probabilities.name]);
  const after = valuesAfter(model.graph.nodes, image.name);
  const isOnTheWay = ({ value }: LayerInfo) => before.has(value) && after.has(value);
  return {
    model,
    image: image.name,
    imageShape: imageShape.map((extent) => (typeof extent === "number" ? extent : undefined)),
    channelAxis: imageShape.length < 2 ? undefined : channelsFirst ? 0 : imageShape.length - 1,
    batch: typeof batch === "number" ? batch : undefined,
    logits: logits.name,
    probabilities: probabilities.name,
    independent: ends("Sigmoid") || isAlone,
    classes,
    layers: layers.filter(isOnTheWay),
    stem: stemOf(model, image.name, [logits.name, probabilities.name], values),
    values,
  };
}

type Dim = NonNullable<ValueInfo["shape"]>[number];

/** They lay elements otherwise. */
const laying = ["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose"];

/** A value laid by the same nodes once more, so that logits are in the order of their probabilities. */
const laidAs = (g: GraphBuilder, nodes: readonly Node[], value: Value): Value =>
  nodes.reduce(
    (from, node) =>
      g.append({
        ...node,
        name: g.freshName(node.name || node.outputs[0]!),
        inputs: [from.name, ...node.inputs.slice(1)],
        outputs: [g.freshName(node.outputs[0]!)],
      })[0]!,
    value,
  );

/** Scores [batch, 1, 1, classes] as [batch, classes], and one score for each image, [batch], as [batch, 1]. */
function inRows(g: GraphBuilder, scores: Value, batch: Dim): Value {
  const { shape } = scores;
  if (shape?.length === 1 && shape[0] === batch) return g.reshape(scores, [-1, 1]);
  if (!shape || shape.length < 3) return scores;
  const more = shape.slice(1).filter((extent) => extent !== 1);
  return more.length === 1 ? g.reshape(scores, [0, -1]) : scores;
}

/** What of a class is explained: its logit, its probability, or that and it has to be a softmax's. */
export type Output = "logit" | "probability" | "softmax";

const outputs: readonly Output[] = ["logit", "probability", "softmax"];

/**
 * The value of the scores.
 *
 * @throws CajalError `unknown-name`; `unsupported` for the softmax of a network that ends in a sigmoid or has one score
 */
export function scoresAs(graph: ExplainedGraph, output: Output = "logit"): string {
  if (!outputs.includes(output)) throw unknownName("output", output, outputs);
  if (output === "softmax" && graph.independent)
    throw new CajalError(
      "unsupported",
      `the network ${graph.classes === 1 ? "has one score" : "ends in a sigmoid"}: its outputs are no distribution. Take output "probability" or "logit".`,
    );
  return output === "logit" ? graph.logits : graph.probabilities;
}
