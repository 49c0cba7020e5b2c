// Keras' initializers (keras/src/initializers), drawn from Cajal's seeded numbers.
// Uniform and normal families scale a variance by the fans: Glorot & Bengio 2010, He et al. 2015
// (arXiv:1502.01852), LeCun et al. 1998 "Efficient BackProp"; orthogonal: Saxe et al. 2013 (arXiv:1312.6120).
import { CajalError, showShape, sizeOf, unknownName, type Random, type Shape } from "@cajal/core";

type Config = Readonly<Record<string, unknown>>;
type Fill = (shape: Shape, random: Random, config: Config) => Float32Array;

/**
 * Values of one weight.
 *
 * @param initializer as a layer's config has it: `"glorot_uniform"`, `"GlorotUniform"` or
 *   `{ class_name, config }`. A seed in it is ignored: `random` is used.
 * @param where for messages, e.g. `layer "conv", weight "kernel"`
 * @throws CajalError `unknown-name`, `bad-argument`, `bad-shape`
 */
export function initialValues(
  initializer: unknown,
  shape: Shape,
  random: Random,
  where: string,
): Float32Array {
  const { name, config } = parseInitializer(initializer, where);
  const fill = initializers.get(name);
  if (!fill) throw unknownName(`initializer (${where})`, name, initializers.keys());
  try {
    return fill(shape, random, config);
  } catch (cause) {
    if (!(cause instanceof BadConfig)) throw cause;
    throw new CajalError(cause.code, `${where}, initializer ${name}: ${cause.message}`, {
      where,
      initializer,
      shape,
    });
  }
}

/** Keras' `compute_fans`: the number of inputs of an output, and of outputs of an input. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length === 0) return { fanIn: 1, fanOut: 1 };
  if (shape.length === 1) return { fanIn: shape[0]!, fanOut: shape[0]! };
  // A kernel [...window, in, out]; of a depthwise one the last axes are channels and multiplier, and
  // Keras takes them just so.
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: window * shape.at(-2)!, fanOut: window * shape.at(-1)! };
}

const varianceScaled =
  (scale: number, mode: string, distribution: string): Fill =>
  (shape, random) =>
    varianceScaling(shape, random, { scale, mode, distribution });

const initializers: ReadonlyMap<string, Fill> = new Map(
  Object.entries<Fill>({
    zeros: (shape) => new Float32Array(sizeOf(shape)),
    ones: (shape) => new Float32Array(sizeOf(shape)).fill(1),
    constant: (shape, _, config) =>
      new Float32Array(sizeOf(shape)).fill(number(config, "value", 0)),
    random_uniform: (shape, random, config) =>
      uniform(shape, random, number(config, "minval", -0.05), number(config, "maxval", 0.05)),
    random_normal: (shape, random, config) =>
      draw(shape, normal(random, number(config, "mean", 0), number(config, "stddev", 0.05, 0))),
    truncated_normal: (shape, random, config) =>
      draw(
        shape,
        truncatedNormal(random, number(config, "mean", 0), number(config, "stddev", 0.05, 0)),
      ),
    variance_scaling: varianceScaling,
    glorot_uniform: varianceScaled(1, "fan_avg", "uniform"),
    glorot_normal: varianceScaled(1, "fan_avg", "truncated_normal"),
    he_uniform: varianceScaled(2, "fan_in", "uniform"),
    he_normal: varianceScaled(2, "fan_in", "truncated_normal"),
    lecun_uniform: varianceScaled(1, "fan_in", "uniform"),
    lecun_normal: varianceScaled(1, "fan_in", "truncated_normal"),
    orthogonal,
    identity,
    unit_forget_bias: unitForgetBias,
    stft: fourierKernel,
  }),
);

/** Other names that Keras and TF.js give the same initializers. */
const aliases: ReadonlyMap<string, string> = new Map(
  Object.entries({
    zero: "zeros",
    one: "ones",
    uniform: "random_uniform",
    normal: "random_normal",
    identity_initializer: "identity",
    orthogonal_initializer: "orthogonal",
  }),
);

function parseInitializer(initializer: unknown, where: string): { name: string; config: Config } {
  if (typeof initializer === "string") return { name: nameOf(initializer), config: {} };
  if (typeof initializer === "object" && initializer !== null && "class_name" in initializer) {
    const config = "config" in initializer ? initializer.config : {};
    if (typeof initializer.class_name === "string")
      return { name: nameOf(initializer.class_name), config: { ...(config as Config | null) } };
  }
  throw new CajalError(
    "bad-argument",
    `${where}: got initializer ${JSON.stringify(initializer)}, expected a name or { class_name, config }.`,
    { where, initializer },
  );
}

/** "GlorotUniform" and "glorotUniform" (TF.js) are "glorot_uniform". */
function nameOf(text: string): string {
  const name = snakeCase(text);
  return aliases.get(name) ?? name;
}

const snakeCase = (text: string) => text.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();

class BadConfig extends Error {
  constructor(
    message: string,
    readonly code: "bad-argument" | "bad-shape" = "bad-argument",
  ) {
    super(message);
  }
}

function number(config: Config, key: string, defaultValue: number, min = -Infinity): number {
  const value = config[key] ?? defaultValue;
  if (typeof value !== "number" || !Number.isFinite(value) || value < min)
    throw new BadConfig(
      `${key}: got ${JSON.stringify(value)}, expected a number${min > -Infinity ? ` of at least ${min}` : ""}.`,
    );
  return value;
}

function choice<C extends string>(
  config: Config,
  key: string,
  defaultValue: C,
  choices: readonly C[],
): C {
  const value = config[key] ?? defaultValue;
  const match = choices.find((name) => typeof value === "string" && name === snakeCase(value));
  if (!match)
    throw new BadConfig(
      `${key}: got ${JSON.stringify(value)}, expected one of ${choices.join(", ")}.`,
    );
  return match;
}

function varianceScaling(shape: Shape, random: Random, config: Config): Float32Array {
  const scale = number(config, "scale", 1);
  if (scale <= 0) throw new BadConfig(`scale: got ${scale}, expected more than 0.`);
  const mode = choice(config, "mode", "fan_in", ["fan_in", "fan_out", "fan_avg"]);
  const distribution = choice(config, "distribution", "truncated_normal", [
    "truncated_normal",
    "normal", // the older name of truncated_normal
    "untruncated_normal",
    "uniform",
  ]);
  const { fanIn, fanOut } = fans(shape);
  const fan = { fan_in: fanIn, fan_out: fanOut, fan_avg: (fanIn + fanOut) / 2 }[mode];
  const variance = scale / Math.max(1, fan);
  switch (distribution) {
    case "uniform": {
      const limit = Math.sqrt(3 * variance);
      return uniform(shape, random, -limit, limit);
    }
    case "untruncated_normal":
      return draw(shape, normal(random, 0, Math.sqrt(variance)));
    default:
      // Cutting the tails at 2 leaves this standard deviation of 1.
      return draw(shape, truncatedNormal(random, 0, Math.sqrt(variance) / 0.87962566103423978));
  }
}

/**
 * The bias of an LSTM with `unit_forget_bias`, gates input, forget, cell, output: ones for the forget
 * gate, `others` for the rest (Jozefowicz et al. 2015). Not a Keras initializer by name, but what its
 * LSTM cells do with `bias_initializer`.
 */
function unitForgetBias(shape: Shape, random: Random, config: Config): Float32Array {
  const units = number(config, "units", sizeOf(shape) / 4);
  const { name, config: othersConfig } = parseInitializer(
    config.others ?? "zeros",
    "unit_forget_bias",
  );
  const fill = initializers.get(name);
  if (!fill) throw unknownName("initializer (unit_forget_bias)", name, initializers.keys());
  const values = fill(shape, random, othersConfig);
  return values.fill(1, units, 2 * units);
}

/** Cosines or sines of all frequencies, [frame, 1, frequencies], times a window as SciPy makes it: keras.initializers.STFT. */
function fourierKernel(
  [frame = 0, , frequencies = 0]: Shape,
  _: Random,
  config: Config,
): Float32Array {
  const isReal = choice(config, "side", "real", ["real", "imag"]) === "real";
  const window = stftWindow(config, frame);
  const sum = (of: (value: number) => number) => window.reduce((total, value) => total + of(value), 0); // prettier-ignore
  const { scaling = "density" } = config;
  const divisor = config.window === null || scaling === null ? 1
    : choice(config, "scaling", "density", ["density", "spectrum"]) === "density" ? Math.sqrt(sum((w) => w * w)) : sum(Math.abs); // prettier-ignore
  const length = 2 * (frequencies - 1);
  return Float32Array.from({ length: frame * frequencies }, (__, i) => {
    const time = Math.floor(i / frequencies);
    const angle = (-2 * Math.PI * time * (i % frequencies)) / length;
    return ((isReal ? Math.cos(angle) : Math.sin(angle)) * window[time]!) / divisor;
  });
}

/** Coefficients of windows that are sums of cosines. */
const cosineSums: Readonly<Record<string, readonly number[]>> = {
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  blackman: [0.42, 0.5, 0.08],
  boxcar: [1],
};

function stftWindow(config: Config, length: number): readonly number[] {
  const { window = "hann", periodic } = config;
  if (window === null) return Array<number>(length).fill(1);
  if (Array.isArray(window)) {
    if (window.length === length && window.every((each) => typeof each === "number")) return window;
    throw new BadConfig(`window: got ${window.length} values, expected ${length} numbers.`);
  }
  const name = choice(config, "window", "hann", Object.keys(cosineSums));
  const span = periodic === true ? length : length - 1;
  return Array.from({ length }, (_, i) =>
    length === 1
      ? 1
      : cosineSums[name]!.reduce((value, a, k) => value + (-1) ** k * a * Math.cos((2 * Math.PI * k * i) / span), 0)); // prettier-ignore
}

function draw(shape: Shape, next: () => number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  for (let i = 0; i < values.length; i++) values[i] = next();
  return values;
}

function uniform(shape: Shape, random: Random, low: number, high: number): Float32Array {
  const span = high - low;
  return draw(shape, () => low + span * random.float());
}

const normal = (random: Random, mean: number, deviation: number) => () =>
  mean + deviation * random.normal();

/** Normal; values more than two standard deviations from the mean are drawn again. */
const truncatedNormal = (random: Random, mean: number, deviation: number) => () => {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return mean + deviation * value;
  }
};

/** Rows or columns, whichever are fewer, are orthonormal (times gain), uniform over all such matrices. */
function orthogonal(shape: Shape, random: Random, config: Config): Float32Array {
  if (shape.length < 2)
    throw new BadConfig(`got shape ${showShape(shape)}, expected at least 2 axes.`, "bad-shape");
  const gain = number(config, "gain", 1);
  const columns = shape.at(-1)!;
  const rows = sizeOf(shape.slice(0, -1));
  // `count` vectors of `length` elements; the longer side is the vectors' own.
  const [length, count] = rows < columns ? [columns, rows] : [rows, columns];
  const vectors = Array.from({ length: count }, () =>
    Float64Array.from({ length }, () => random.normal()),
  );
  // Gram–Schmidt of normal vectors is the QR with a positive diagonal, which makes Q uniform; done
  // twice, it is orthogonal to rounding ("twice is enough", Giraud et al. 2005).
  for (const [k, vector] of vectors.entries()) {
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < k; j++) {
        const previous = vectors[j]!;
        const projection = dot(vector, previous);
        for (let i = 0; i < length; i++) vector[i]! -= projection * previous[i]!;
      }
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < length; i++) vector[i]! /= norm;
  }
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      values[row * columns + column] =
        gain * (rows < columns ? vectors[row]![column]! : vectors[column]![row]!);
  return values;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function identity(shape: Shape, _: Random, config: Config): Float32Array {
  if (shape.length !== 2)
    throw new BadConfig(`got shape ${showShape(shape)}, expected 2 axes.`, "bad-shape");
  const gain = number(config, "gain", 1);
  const [rows, columns] = [shape[0]!, shape[1]!];
  const values = new Float32Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = gain;
  return values;
}
