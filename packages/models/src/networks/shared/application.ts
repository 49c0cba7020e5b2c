// What the networks of Keras Applications share: options, the rule for input shapes, what stands on top.
// Keras: keras/src/applications/imagenet_utils.py, obtain_input_shape.
import {
  CajalError,
  checkInteger,
  checkOptions,
  optionsOf,
  showShape,
  unknownName,
  checkArgument,
} from "@cajal/core";
import type { Functional, Symbolic } from "../../network/functional";

/** The options that every network of Keras Applications takes, by Keras' own names. */
export interface ApplicationOptions {
  /** With the classifier on top. Default true. */
  readonly include_top?: boolean;
  /**
   * `[height, width, channels]`. Default: the paper's size, three channels. Without the top height and
   * width may be null (free), and are by default.
   */
  readonly input_shape?: readonly (number | null)[];
  /** Without the top: global average, global maximum, or the feature maps themselves (null, default). */
  readonly pooling?: "avg" | "max" | null;
  /** Number of classes of the top. Default 1000. */
  readonly classes?: number;
  /** Activation of the last layer; null for logits. Default "softmax". */
  readonly classifier_activation?: string | null;
  /** Name of the model. Default: Keras'. */
  readonly name?: string;
}

/** The same with Keras' defaults in place. */
export type Application = Required<ApplicationOptions>;

const optionKinds = optionsOf<ApplicationOptions>({
  include_top: "boolean",
  input_shape: "array",
  pooling: true,
  classes: { whole: true, least: 1 },
  classifier_activation: true,
  name: "string",
});

/**
 * Options with their defaults, checked.
 *
 * @param name the network's name in Keras; also the default of `name`
 * @param size height and width where the options say none; `least`: the smallest that Keras accepts
 * @param otherNames names of further options that this network takes
 * @throws CajalError `unknown-option`, `unknown-name` (pooling), `bad-argument`, `bad-shape`
 */
export function application(
  name: string,
  options: ApplicationOptions,
  { size, minSize }: { size: number; minSize: number },
  otherNames: readonly string[] = [],
): Application {
  checkOptions(name, options, {
    ...Object.fromEntries(otherNames.map((option) => [option, true as const])),
    ...optionKinds,
  });
  const include_top = options.include_top ?? true;
  const extent = include_top ? size : null;
  const filled = {
    include_top,
    input_shape: options.input_shape ?? [extent, extent, 3],
    pooling: options.pooling ?? null,
    classes: options.classes ?? 1000,
    classifier_activation:
      options.classifier_activation === undefined ? "softmax" : options.classifier_activation,
    name: options.name ?? name,
  };
  if (filled.pooling !== null && filled.pooling !== "avg" && filled.pooling !== "max")
    throw unknownName(`pooling of ${name}`, String(filled.pooling), ["avg", "max"]);
  checkInput(name, filled.input_shape, { minSize, include_top });
  return filled;
}

/** @throws CajalError `bad-argument` unless `value` is a whole number of at least 1 */
export function checkWhole(where: string, option: string, value: unknown): void {
  checkInteger(where, option, value, { least: 1 });
}

/**
 * What follows the feature maps where the top is left out: Keras' `pooling`.
 *
 * @param layerNames the names of the pooling layers; numbered by class where absent
 */
export function pooled(
  net: Functional,
  x: Symbolic,
  { pooling }: Application,
  layerNames: { avg?: string; max?: string } = {},
): Symbolic {
  if (pooling === null) return x;
  return pooling === "avg"
    ? net.layer("GlobalAveragePooling2D", { name: layerNames.avg }, x)
    : net.layer("GlobalMaxPooling2D", { name: layerNames.max }, x);
}

/** The usual top: the mean of each feature map, then one dense layer. Else {@link pooled}. */
export function classificationHead(
  net: Functional,
  x: Symbolic,
  options: Application,
  layerNames: { avg?: string; max?: string } = {},
): Symbolic {
  if (!options.include_top) return pooled(net, x, options, layerNames);
  x = net.layer("GlobalAveragePooling2D", { name: "avg_pool" }, x);
  return predictions(net, x, options);
}

/** The last layer of most networks: one unit a class. */
export function predictions(
  net: Functional,
  x: Symbolic,
  { classes, classifier_activation }: Application,
): Symbolic {
  const activation = classifier_activation ?? "linear";
  return net.layer("Dense", { name: "predictions", units: classes, activation }, x);
}

function checkInput(
  name: string,
  shape: readonly (number | null)[],
  { minSize, include_top }: { minSize: number; include_top: boolean },
): void {
  checkArgument(name, "input_shape", shape, "array");
  const facts = { model: name, input_shape: shape, least: minSize };
  const got = `${name}: got input_shape ${showShape(shape)}`;
  const isValid = shape.every(
    (extent) => extent === null || (Number.isInteger(extent) && extent > 0),
  );
  if (shape.length !== 3 || !isValid || shape[2] === null)
    throw new CajalError("bad-shape", `${got}, expected [height, width, channels].`, facts);
  if (include_top && shape.includes(null))
    throw new CajalError(
      "bad-shape",
      `${got}, expected fixed extents: with include_top the classifier needs them. Give them, or set include_top to false.`,
      facts,
    );
  if (shape.slice(0, 2).some((extent) => extent !== null && extent < minSize))
    throw new CajalError(
      "bad-shape",
      `${got}, expected height and width of at least ${minSize}, the smallest that Keras accepts.`,
      facts,
    );
}
