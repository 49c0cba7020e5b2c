// The names of Keras 1 brought to those of Keras 2 (keras/legacy/interfaces.py of Keras 2 has the same list).
import { CajalError } from "@cajal/core";
import { isObject, type Json } from "./json";

/** Classes that were renamed. */
const classes: Readonly<Record<string, string>> = {
  AtrousConvolution1D: "Conv1D",
  AtrousConvolution2D: "Conv2D",
  Convolution1D: "Conv1D",
  Convolution2D: "Conv2D",
  Convolution3D: "Conv3D",
  Deconvolution2D: "Conv2DTranspose",
  SeparableConvolution2D: "SeparableConv2D",
};

/** Keys that were renamed and kept their values. */
const keys: Readonly<Record<string, string>> = {
  atrous_rate: "dilation_rate",
  b_constraint: "bias_constraint",
  b_regularizer: "bias_regularizer",
  bias: "use_bias",
  border_mode: "padding",
  depthwise_init: "depthwise_initializer",
  dropout_U: "recurrent_dropout",
  dropout_W: "dropout",
  filter_length: "kernel_size",
  init: "kernel_initializer",
  inner_activation: "recurrent_activation",
  inner_init: "recurrent_initializer",
  length: "size",
  nb_filter: "filters",
  p: "rate",
  pointwise_init: "pointwise_initializer",
  pool_length: "pool_size",
  sigma: "stddev",
  stride: "strides",
  subsample: "strides",
  subsample_length: "strides",
  U_regularizer: "recurrent_regularizer",
  W_constraint: "kernel_constraint",
  W_regularizer: "kernel_regularizer",
};

/** Keys that say how to compute, what is said elsewhere, or that no regularizer is there. */
const droppedKeys = new Set(["consume_less", "input_dim", "dropout_rate", "weights"]);

/** What a `Merge` does, as a layer of its own. */
const merges: Readonly<Record<string, string>> = {
  sum: "Add",
  mul: "Multiply",
  concat: "Concatenate",
  ave: "Average",
  max: "Maximum",
  min: "Minimum",
};

/** Keys of Keras 1 alone: a config that has one is of it. */
const keras1Keys = [
  "border_mode",
  "consume_less",
  "dim_ordering",
  "init",
  "inner_init",
  "nb_filter",
  "output_dim",
  "p",
  "W_regularizer",
];

/**
 * A layer's class and config, or a model's with those of its layers, by the names of Keras 2; itself where it
 * has none of Keras 1's.
 *
 * @throws CajalError `unsupported` for what Keras 2 does not have
 */
export function withoutKeras1<T>(json: T): T {
  if (Array.isArray(json)) return json.map(withoutKeras1) as T;
  if (!isObject(json)) return json;
  const innerConfig = Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, withoutKeras1(value)]),
  );
  const { class_name, config } = innerConfig;
  if (typeof class_name !== "string" || !isObject(config)) return innerConfig as T;
  return renameConfig(innerConfig, class_name, config) as T;
}

/**
 * Theano's convolutions flip their kernels, TensorFlow's do not, and such files do not say whose theirs are.
 *
 * @throws CajalError `unsupported`
 */
function checkOrdering(class_name: string, { name, dim_ordering }: Json): void {
  if (dim_ordering !== "th") return;
  throw new CajalError(
    "unsupported",
    `layer ${JSON.stringify(name)} (${class_name}): dim_ordering "th" of Keras 1. Whether its kernels are flipped depends on the backend, Theano or TensorFlow, which the file does not tell. Load and save it with Keras 2 there.`,
    { class_name, dim_ordering },
  );
}

function renameConfig(entry: Json, class_name: string, config: Json): Json {
  checkOrdering(class_name, config);
  if (class_name === "Merge") return mergeConfig(entry, config);
  const isEmbedding = class_name === "Embedding";
  // A normalization's, which had several; initializers have a mode too.
  const hasMode = "mode" in config && "epsilon" in config;
  if (isEmbedding ? !("init" in config) : !hasMode && !keras1Keys.some((key) => key in config))
    return entry;
  if (hasMode && config.mode !== 0)
    throw new CajalError(
      "unsupported",
      `layer ${JSON.stringify(config.name)} (${class_name}): "mode" ${JSON.stringify(config.mode)} of Keras 1, which no later Keras has; expected 0.`,
      { class_name },
    );
  const newConfig: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    if (isEmbedding && ["input_dim", "output_dim", "input_length"].includes(key))
      newConfig[key] = value;
    else if (key === "output_dim") newConfig.units = value;
    else if (key === "init" && isEmbedding) newConfig.embeddings_initializer = value;
    else if (key === "W_regularizer" && isEmbedding) newConfig.embeddings_regularizer = value;
    else if (key === "W_constraint" && isEmbedding) newConfig.embeddings_constraint = value;
    else if (key === "dim_ordering")
      newConfig.data_format = value === "tf" ? "channels_last" : value;
    else if (key === "forget_bias_init") newConfig.unit_forget_bias = value === "one";
    else if (key === "mode" || droppedKeys.has(key)) continue;
    else if (/^nb_row$|^kernel_dim1$/.test(key)) newConfig.kernel_size = extents(config);
    else if (/^nb_col$|^kernel_dim[23]$/.test(key)) continue;
    else newConfig[keys[key] ?? key] = value;
  }
  // Keras 1 has these only where they are set, and no other field says so.
  if (newConfig.input_length === null && !isEmbedding) delete newConfig.input_length;
  if (!isEmbedding && "input_length" in newConfig) delete newConfig.input_length;
  return { ...entry, class_name: classes[class_name] ?? class_name, config: newConfig };
}

const extents = ({ nb_row, nb_col, kernel_dim1, kernel_dim2, kernel_dim3 }: Json) =>
  nb_row === undefined ? [kernel_dim1, kernel_dim2, kernel_dim3] : [nb_row, nb_col];

function mergeConfig(entry: Json, config: Json): Json {
  const { mode, name, concat_axis } = config;
  const class_name = typeof mode === "string" ? merges[mode] : undefined;
  if (!class_name)
    throw new CajalError(
      "unsupported",
      `layer ${JSON.stringify(name)} (Merge): mode ${JSON.stringify(mode)}, expected ${Object.keys(merges).join(", ")}.`,
      { mode },
    );
  return {
    ...entry,
    class_name,
    config: { name, ...(class_name === "Concatenate" && { axis: concat_axis ?? -1 }) },
  };
}
