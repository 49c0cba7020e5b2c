// The methods of an opened explainer: checks at the door, and turns images there.
import { CajalError, checkOptions, showValue, unknownName, type Tensor } from "@cajal/core";
import { attacked, attackOptions } from "./attacks/attack";
import type { Explainer } from "./explainer";
import type { Attribution, CommonOptions } from "./methods/attribution";
import { maximized, maximizeOptions } from "./maximize";
import { methods, type MethodName } from "./methods";
import type { Call } from "./methods/call";
import type { Attributed, AnyMethod } from "./methods/method";
import { metrics, type MetricName } from "./metrics";
import { passesOf, type AnyMetric } from "./metrics/metric";
import { scoresAs, type ExplainedGraph } from "./network/explainedGraph";
import { lastMaps, layerNamed } from "./network/layers";
import { checkedImages, outside, type DataFormat } from "./network/images";
import type { Network } from "./network/network";
import { emptyRows, rowOf, rowsOf } from "./network/rows";
import { unitsInOrder } from "./network/units";
import { kindsOf } from "./optionKinds";

const common = ["target", "output", "layer", "signal", "onProgress"] as const;

/** @param again opens a network on another graph, such as one with other weights */
export function explainerOf(
  network: Network,
  format: DataFormat,
  again?: (graph: ExplainedGraph) => Network,
): Explainer {
  const { graph } = network;
  let disposal: Promise<void> | undefined;

  const images = (where: string, x: Tensor) => {
    if (disposal)
      throw new CajalError("disposed", "this explainer is disposed. Open the model again.");
    return checkedImages(where, x, graph.imageShape, format);
  };

  /** A call as methods take it; without targets each image's top class is its own. */
  async function call(
    where: string,
    x: Tensor,
    { target, output, layer, signal, onProgress }: CommonOptions,
  ): Promise<Call> {
    const batch = images(where, x);
    const scores = scoresAs(graph, output);
    const targets =
      target === undefined
        ? await topClasses(batch, signal)
        : targetsOf(where, target, batch.shape[0]!, graph.classes);
    return {
      network,
      images: batch,
      targets,
      scores,
      format,
      layer,
      control: { signal, onProgress },
    };
  }

  async function scoresOf(
    batch: Tensor<"float32">,
    of: string,
    signal: AbortSignal | undefined,
  ): Promise<Tensor<"float32">> {
    const scores = emptyRows(batch.shape[0]!, [graph.classes]);
    const use = (row: number, { value }: { value: Float32Array }) => rowOf(scores, row).set(value);
    await network.pass({ feeds: { [graph.image]: rowsOf(batch) }, of, use }, { signal });
    return scores;
  }

  async function topClasses(batch: Tensor<"float32">, signal: AbortSignal | undefined) {
    const scores = await scoresOf(batch, graph.logits, signal);
    return Array.from({ length: batch.shape[0]! }, (_, i) => {
      const row = rowOf(scores, i);
      return row.indexOf(row.reduce((a, b) => Math.max(a, b), -Infinity));
    });
  }

  const anew = again && ((other: ExplainedGraph) => explainerOf(again(other), format, again));
  const out = (tensor: Tensor<"float32">) => outside(tensor, format);

  const outer = (shape: readonly (number | undefined)[]) =>
    format === "channels_last" && shape.length === 3 ? [shape[1], shape[2], shape[0]] : shape;

  const explainer: Explainer = {
    inputShape: outer(graph.imageShape),
    layers: graph.layers.map(({ name, shape }) => ({ name, shape: outer(shape) })),
    get mapLayer() {
      try {
        return lastMaps(graph).name;
      } catch {
        return undefined;
      }
    },
    classes: graph.classes,
    async attribute(x, options) {
      const { method: name, ...rest } = optionsOf("attribute", options);
      const method = memberNamed<AnyMethod>("method", name, methods);
      checkOptions(`attribute (${method.name})`, rest, kindsOf([...common, ...method.options]));
      if (network.engine === "tfjs" && !method.plain)
        throw new CajalError(
          "unsupported",
          `attribute (${method.name}): engine tfjs has the methods of plain gradients alone. Use engine onnx.`,
          { method: method.name },
        );
      const methodOptions = withoutCommon(rest);
      const of = await call(`attribute (${method.name})`, x, rest as CommonOptions);
      return attribution(method, await method.attribute(of, methodOptions), of);
    },
    async measure(x, options) {
      const { metric: name, ...rest } = optionsOf("measure", options);
      const metric = memberNamed<AnyMetric>("metric", name, metrics);
      checkOptions(`measure (${metric.name})`, rest, kindsOf([...common, ...metric.options]));
      const of = await call(`measure (${metric.name})`, x, rest as CommonOptions);
      const metricOptions = withoutCommon(rest);
      const result = await metric.measure(
        { ...of, explainer, input: x, explainerOf: anew },
        metricOptions,
      );
      const passes = passesOf(metric.judges, result);
      return { metric: metric.name as MetricName, targets: of.targets, passes, ...result };
    },
    async attack(x, options) {
      checkOptions("attack", options, { ...kindsOf(["target", "signal", "onProgress"]), ...attackOptions }); // prettier-ignore
      const { target, signal, onProgress, ...rest } = options;
      if (graph.classes === 1 && target === undefined)
        throw new CajalError(
          "bad-argument",
          "attack: the network has one score, and no top class to lead away from. Say which way it is to go: { target: 0 } lowers the score, { target: 0, targeted: true } raises it.",
        );
      const of = await call("attack", x, { target, signal, onProgress });
      const result = await attacked(of, rest);
      return { images: out(result.images), logits: result.logits };
    },
    async maximize(options) {
      checkOptions("maximize", options, maximizeOptions);
      const { image } = options;
      const start = image === undefined ? undefined : images("maximize", image);
      if (start && start.shape[0] !== 1)
        throw new CajalError("bad-shape", "maximize: expected one image to begin with.");
      const result = await maximized(network, options, start);
      return { ...result, first: out(result.first), image: out(result.image) };
    },
    async scores(x, options = {}) {
      checkOptions("scores", options, kindsOf(["output", "signal"]));
      const { images, scores, control } = await call("scores", x, { ...options, target: 0 });
      return scoresOf(images, scores, control.signal);
    },
    dispose: () => (disposal ??= network.dispose()),
    [Symbol.dispose]: () => void explainer.dispose(),
    [Symbol.asyncDispose]: () => explainer.dispose(),
  };
  return explainer;

  function attribution(
    { name, gives }: AnyMethod,
    { map, ...others }: Attributed,
    { targets }: Call,
  ): Attribution {
    const ordered = gives === "layer" ? unitsInOrder(layerNamed(graph, others.layer!), map) : map;
    return { method: name as MethodName, map: out(ordered), targets, ...others };
  }
}

const optionsOf = (where: string, options: unknown): Record<string, unknown> => {
  if (typeof options === "object" && options !== null) return { ...options };
  throw new CajalError(
    "bad-argument",
    `${where}: got ${showValue(options)}, expected an object with options.`,
  );
};

const withoutCommon = (record: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(record).filter(([key]) => !(common as readonly string[]).includes(key)),
  );

/** @throws CajalError `unknown-name` */
function memberNamed<T extends { readonly name: string }>(
  what: string,
  name: unknown,
  list: readonly T[],
): T {
  const member = list.find((each) => each.name === name);
  if (member) return member;
  const names = list.map((each) => each.name);
  throw unknownName(what, name as string, names);
}

/** @throws CajalError `bad-argument` */
function targetsOf(
  where: string,
  target: number | readonly number[],
  count: number,
  classes: number,
): readonly number[] {
  const targets = Array.isArray(target)
    ? (target as readonly number[])
    : Array.from({ length: count }, () => target as number);
  const wrong = targets.findIndex((each) => !Number.isInteger(each) || each < 0 || each >= classes);
  if (wrong !== -1 || targets.length !== count)
    throw new CajalError(
      "bad-argument",
      wrong === -1
        ? `${where}: got ${targets.length} targets for ${count} images, expected one for each.`
        : `${where}: got target ${showValue(targets[wrong])}, expected a class, 0 … ${classes - 1}.`,
      { target, classes, images: count },
    );
  return targets;
}
