// Loss, metrics and optimizer of a model, as the files of all Keras and of TF.js have them, spelled as Keras 3 spells them.

/** Loss, metrics and optimizer in Keras' form. */
export type TrainingConfig = Readonly<Record<string, unknown>>;

export interface OptimizerConfig {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** What every optimizer of Keras 3 takes. */
const common = ["name", "learning_rate", "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum", "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps"]; // prettier-ignore

/** What each takes beside (keras/src/optimizers/*.py). */
const own: Readonly<Record<string, readonly string[]>> = {
  SGD: ["momentum", "nesterov"],
  Adam: ["beta_1", "beta_2", "epsilon", "amsgrad"],
  AdamW: ["beta_1", "beta_2", "epsilon", "amsgrad"],
  Adamax: ["beta_1", "beta_2", "epsilon"],
  Nadam: ["beta_1", "beta_2", "epsilon"],
  RMSprop: ["rho", "momentum", "epsilon", "centered"],
  Adagrad: ["initial_accumulator_value", "epsilon"],
  Adadelta: ["rho", "epsilon"],
  Lion: ["beta_1", "beta_2"],
  Lamb: ["beta_1", "beta_2", "epsilon"],
  Ftrl: ["learning_rate_power", "initial_accumulator_value", "l1_regularization_strength", "l2_regularization_strength", "l2_shrinkage_regularization_strength", "beta"], // prettier-ignore
  Muon: ["adam_beta_1", "adam_beta_2", "epsilon", "exclude_layers", "muon_a", "muon_b", "muon_c", "adam_lr_ratio", "momentum", "ns_steps", "nesterov", "exclude_embeddings", "adam_weight_decay", "rms_rate"], // prettier-ignore
};

/** Classes of TF.js by the names that Keras has for them, and options by theirs. */
const tfjsClasses: Readonly<Record<string, string>> = { Momentum: "SGD", RMSProp: "RMSprop" };
const renamed: Readonly<Record<string, string>> = {
  lr: "learning_rate",
  learningRate: "learning_rate",
  beta1: "beta_1",
  beta2: "beta_2",
  use_nesterov: "nesterov",
  useNesterov: "nesterov",
  initialAccumulatorValue: "initial_accumulator_value",
};

/** The optimizer of a training config: `.keras` files call it "optimizer", `.h5` and TF.js "optimizer_config". */
export function optimizerOf(training: TrainingConfig | undefined): OptimizerConfig | undefined {
  const stated = (training?.optimizer ?? training?.optimizer_config) as
    | Partial<OptimizerConfig>
    | undefined;
  if (typeof stated?.class_name !== "string") return undefined;
  if (typeof stated.config !== "object" || stated.config === null) return undefined;
  // Keras 2.11 to 2.15 register their own classes: "Custom>Adam".
  const bare = stated.class_name.replace(/^Custom>/, "");
  const class_name = Object.hasOwn(tfjsClasses, bare) ? tfjsClasses[bare]! : bare;
  if (!Object.hasOwn(own, class_name)) return { class_name, config: stated.config };
  const known = new Set([...common, ...own[class_name]!]);
  const config: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(stated.config)) {
    const name = Object.hasOwn(renamed, option) ? renamed[option]! : option;
    // Of older Keras null is the default, which Keras 3 has in its own place.
    if (known.has(name) && !(value === null && own[class_name]!.includes(name)))
      config[name] = value;
  }
  const { decay } = stated.config;
  if (typeof decay === "number" && decay > 0) {
    // TF.js calls so what Keras calls rho.
    if (bare === "RMSProp") config.rho = decay;
    // Keras before 3: rate / (1 + decay × steps).
    else if (typeof config.learning_rate === "number")
      config.learning_rate = {
        module: "keras.optimizers.schedules",
        class_name: "InverseTimeDecay",
        config: {
          initial_learning_rate: config.learning_rate,
          decay_steps: 1,
          decay_rate: decay,
          staircase: false,
        },
        registered_name: null,
      };
  }
  return { class_name, config };
}

/** How Keras spells losses and metrics shortly: TF.js does not, and Keras 3 does not find them in `.h5` files. */
const shortNames: Readonly<Record<string, string>> = {
  mse: "mean_squared_error",
  MSE: "mean_squared_error",
  mae: "mean_absolute_error",
  MAE: "mean_absolute_error",
  mape: "mean_absolute_percentage_error",
  MAPE: "mean_absolute_percentage_error",
  msle: "mean_squared_logarithmic_error",
  MSLE: "mean_squared_logarithmic_error",
  acc: "accuracy",
};

/** Losses or metrics with their full names, wherever they stand in lists and maps. */
export function spelledOut<T>(names: T): T {
  if (typeof names === "string")
    return (Object.hasOwn(shortNames, names) ? shortNames[names] : names) as T;
  if (Array.isArray(names)) return names.map(spelledOut) as T;
  if (typeof names !== "object" || names === null) return names;
  // What has a class is an object of Keras', and what is none a map by the outputs' names.
  if ("class_name" in names) {
    // How Keras 2 keeps a function of the metrics: by its name.
    const { class_name, config } = names as { class_name: unknown; config?: { fn?: unknown } };
    const wrapped = /^(Custom>)?(Mean|Sum)MetricWrapper$/.test(String(class_name));
    return wrapped && typeof config?.fn === "string" ? (spelledOut(config.fn) as T) : names;
  }
  return Object.fromEntries(
    Object.entries(names).map(([key, each]) => [key, spelledOut(each)]),
  ) as T;
}

/** Parts of a training config that may be maps by output. */
const byOutput = ["loss", "loss_weights", "metrics", "weighted_metrics"];

/**
 * The training config of a model whose outputs are a dict, by the names of the layers that give them instead of the
 * dict's keys: models that are read have their outputs in a list.
 *
 * @param model the file's own model: class and config
 */
export function byOutputLayers(
  training: TrainingConfig | undefined,
  model: Readonly<Record<string, unknown>>,
): TrainingConfig | undefined {
  const outputs = (model.config as { output_layers?: unknown } | undefined)?.output_layers;
  if (!training || !isMap(outputs)) return training;
  const layers = new Map(Object.entries(outputs).map(([key, ref]) => [key, [ref].flat()[0]]));
  // Of a layer that gives several outputs the name says too little.
  if (new Set(layers.values()).size < layers.size) return training;
  const renamed = (part: unknown) =>
    isMap(part) && !("class_name" in part)
      ? Object.fromEntries(Object.entries(part).map(([key, each]) => [layers.get(key) ?? key, each])) // prettier-ignore
      : part;
  return Object.fromEntries(
    Object.entries(training).map(([part, value]) => [part, byOutput.includes(part) ? renamed(value) : value]), // prettier-ignore
  );
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What `compile` of Keras 3 takes beside the optimizer; older Keras had more. */
const compileOptions = ["loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile", "auto_scale_loss"]; // prettier-ignore

/** A training config whose losses and metrics have their full names; undefined without an optimizer. */
export const compiled = (
  training: TrainingConfig | undefined,
): { readonly rest: TrainingConfig; readonly optimizer: OptimizerConfig } | undefined => {
  const optimizer = optimizerOf(training);
  if (!training || !optimizer) return undefined;
  const rest = Object.entries(training)
    .filter(([part]) => compileOptions.includes(part))
    // TF.js writes metrics {} where there are none.
    .filter(([, value]) => JSON.stringify(value) !== "{}")
    .map(([part, value]) => [part, /loss$|metrics$/.test(part) ? spelledOut(value) : value]);
  return { rest: Object.fromEntries(rest) as TrainingConfig, optimizer };
};
