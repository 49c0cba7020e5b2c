// A layer's config read field by field, and written again; and what Keras writes beside the fields.
import { CajalError, nearest } from "@cajal/core";
import { showConfigValue } from "./shown";
import { refusal, type Fields } from "./fields";
import type { Place } from "./place";

/** In what a layer may compute: here always float32. */
const floatPolicies: readonly unknown[] = [
  "float32",
  "float64",
  "float16",
  "bfloat16",
  "mixed_float16",
  "mixed_bfloat16",
];

/** A type's name, or Keras 3's `{ class_name: "DTypePolicy", config: { name } }`. */
function isFloatPolicy(raw: unknown): boolean {
  if (raw === null || floatPolicies.includes(raw)) return true;
  if (typeof raw !== "object" || !("config" in raw)) return false;
  const { config } = raw;
  if (typeof config !== "object" || config === null || !("name" in config)) return false;
  return floatPolicies.includes(config.name);
}

const isRegularizer = (raw: unknown) =>
  raw === null ||
  typeof raw === "string" ||
  (typeof raw === "object" && "class_name" in raw && typeof raw.class_name === "string");

/** Keys that Keras writes into every layer, and what they may hold; here they change nothing. */
const everyLayer: ReadonlyMap<string, { expected: string; isValid: (raw: unknown) => boolean }> =
  new Map([
    ["name", { expected: "a text", isValid: (raw) => typeof raw === "string" }],
    [
      "trainable",
      { expected: "true or false", isValid: (raw) => raw === null || typeof raw === "boolean" },
    ],
    [
      "dtype",
      {
        expected: `a type of floating-point numbers: ${floatPolicies.join(", ")}`,
        isValid: isFloatPolicy,
      },
    ],
    [
      "activity_regularizer",
      {
        expected: "null or a regularizer: a name, or { class_name, config }",
        isValid: isRegularizer,
      },
    ],
    ...["batch_input_shape", "batch_shape", "input_dtype", "input_shape"].map(
      (key) => [key, { expected: "anything", isValid: () => true }] as const,
    ),
  ]);

/** Keys of some Keras, and the values that change nothing; null never does. */
const neutralValues: ReadonlyMap<string, readonly unknown[]> = new Map(
  Object.entries({
    quantization_config: [],
    quantization_mode: [],
    build_config: [],
    renorm: [false],
    renorm_clipping: [{}],
    renorm_momentum: [0.99],
    fused: [true, false],
    virtual_batch_size: [],
    adjustment: [],
    synchronized: [false],
    ragged: [false],
    sparse: [false],
    optional: [false],
    autocast: [true],
    seed_generator: [],
    rms_scaling: [false],
    unroll: [true, false],
    time_major: [false],
    stateful: [false],
    implementation: [0, 1, 2],
    sliding_window: [],
    use_sink: [false],
    use_cudnn: [true, false, "auto"],
    zero_output_for_mask: [true, false],
    noise_shape: [],
    // Of the class that layers such as DepthwiseConv2D derive from in Keras 2, where it is always 1.
    groups: [1],
  }),
);

/**
 * Reads a layer's config: every field its value or its default. `aliases` are older names of fields.
 *
 * @throws CajalError `bad-argument` (a field missing or of the wrong kind), `unknown-option` (a key
 *   that the layer does not have), `unsupported` (a setting that Cajal does not honour)
 */
export function readConfig(
  fields: Fields,
  raw: Readonly<Record<string, unknown>>,
  at: Omit<Place, "key">,
  aliases: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  // One place for all fields, and no arrays of entries: a large network has tens of thousands of fields.
  const keyPlace = { ...at, key: "" };
  for (const key of Object.keys(raw)) {
    const value = unwrapped(raw[key]);
    if (value === undefined) continue;
    const field = Object.hasOwn(aliases, key) ? aliases[key]! : key;
    keyPlace.key = key;
    if (Object.hasOwn(fields, field)) values[field] = fields[field]!.read(value, keyPlace);
    else {
      const common = everyLayer.get(key);
      if (!common) refuseUnknown(key, value, fields, at.where);
      else if (!common.isValid(value)) throw refusal(value, common.expected, keyPlace);
    }
  }
  for (const key of Object.keys(fields)) {
    if (Object.hasOwn(values, key)) continue;
    const { absent, required } = fields[key]!;
    if (required)
      throw new CajalError("bad-argument", `${at.where}: "${key}" is missing from its config.`, {
        where: at.where,
        key,
      });
    values[key] = absent;
  }
  return values;
}

/**
 * A number, list or shape out of what some Keras wraps around it: NumPy's arrays and numbers, tuples and
 * TensorFlow's shapes.
 */
function unwrapped(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return raw;
  // Keras 2.2 and TensorFlow 1: a LeakyReLU's alpha, a ReLU's max_value.
  if ("type" in raw && raw.type === "ndarray" && "value" in raw) return raw.value;
  const name = "class_name" in raw ? raw.class_name : undefined;
  if ((name === "__tuple__" || name === "TensorShape") && "items" in raw) return raw.items;
  if ((name === "__numpy__" || name === "__tensor__") && "config" in raw) {
    const { config } = raw;
    if (typeof config === "object" && config !== null && "value" in config) return config.value;
  }
  return raw;
}

/** The config as JSON, from what `readConfig` gave. */
export function writeConfig(
  fields: Fields,
  config: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  // No arrays of entries, see above.
  for (const key of Object.keys(fields)) {
    const field = fields[key]!;
    const value = field.write ? field.write(config[key]) : config[key];
    if (value !== undefined) written[key] = value;
  }
  return written;
}

/**
 * A low rank that is learned beside a kernel (LoRA): files have the kernel with it added, and it begins anew
 * where the file is read (`save_own_variables`, keras/src/layers/core/dense.py).
 */
const mergedWhenSaved = ["lora_rank", "lora_alpha"];

function refuseUnknown(key: string, value: unknown, fields: Fields, where: string): void {
  if (mergedWhenSaved.includes(key) && (value === null || typeof value === "number")) return;
  const allowedValues = neutralValues.get(key);
  if (allowedValues) {
    if (
      value === null ||
      allowedValues.some((each) => JSON.stringify(each) === JSON.stringify(value))
    )
      return;
    throw new CajalError(
      "unsupported",
      `${where}, "${key}": got ${showConfigValue(value)}, which Cajal does not honour; expected ${[null, ...allowedValues].map(showConfigValue).join(" or ")}.`,
      { where, key, got: value },
    );
  }
  // A regularizer or constraint of a weight that the layer does not have changes nothing when null.
  if (/_(regularizer|constraint|initializer)$/.test(key) && value === null) return;
  // Keras 2 wrote it into all that derives from its Conv, also where the kernel is of two parts.
  if (key === "kernel_initializer" && "depthwise_initializer" in fields) return;
  const names = nearest(key, Object.keys(fields));
  throw new CajalError(
    "unknown-option",
    `${where}: unknown config key ${JSON.stringify(key)}. Known, nearest first: ${names.join(", ")}.`,
    { where, key, names },
  );
}
