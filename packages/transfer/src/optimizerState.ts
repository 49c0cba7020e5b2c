// The state of Keras 3's optimizers: which variables there are and in which order files have them
// (keras/src/optimizers/*.py, `build`). Here they have names as in training: `iteration`,
// `layer/weight/slot`; the learning rate is one as well, for training changes it.
import { CajalError, showShape, tensor, type Tensor } from "@cajal/core";
import type { Network, NetworkLayer } from "@cajal/models";

/** By the names that `@cajal/train` uses, `learning_rate` beside them. */
export type OptimizerState = ReadonlyMap<string, Tensor>;

/** Loss, metrics and optimizer in Keras' form. */
export type TrainingConfig = Readonly<Record<string, unknown>>;

export interface OptimizerConfig {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

interface Variable {
  readonly key: string;
  readonly shape: readonly number[];
  /** What Keras calls it within the optimizer: "conv1_kernel_momentum". */
  readonly name: string;
}

/** What each optimizer keeps of every weight: what stands together alternates, the rest follows. */
const slots: Readonly<
  Record<string, (config: OptimizerConfig["config"]) => readonly (readonly string[])[]>
> = {
  SGD: ({ momentum }) => (momentum ? [["momentum"]] : []),
  Adam: ({ amsgrad }) => [["momentum", "velocity"], ...(amsgrad ? [["velocity_hat"]] : [])],
  AdamW: (config) => slots.Adam!(config),
  RMSprop: ({ momentum, centered }) => [
    ["velocity"],
    ...(momentum ? [["momentum"]] : []),
    ...(centered ? [["average_gradient"]] : []),
  ],
  Adagrad: () => [["accumulator"]],
};

/** The optimizer of a training config: `.keras` files call it "optimizer", `.h5` "optimizer_config". */
export function optimizerOf(training: TrainingConfig | undefined): OptimizerConfig | undefined {
  const config = (training?.optimizer ?? training?.optimizer_config) as
    Partial<OptimizerConfig> | undefined;
  if (typeof config?.class_name !== "string" || typeof config.config !== "object") return undefined;
  return { class_name: config.class_name, config: config.config };
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
  // What has a class is an object of Keras', and what is none a map by the outputs' names.
  if (typeof names !== "object" || names === null || "class_name" in names) return names;
  return Object.fromEntries(
    Object.entries(names).map(([key, each]) => [key, spelledOut(each)]),
  ) as T;
}

/** A training config whose losses and metrics have their full names; undefined without an optimizer. */
export const compiled = (
  training: TrainingConfig | undefined,
): { readonly rest: TrainingConfig; readonly optimizer: OptimizerConfig } | undefined => {
  const optimizer = optimizerOf(training);
  if (!training || !optimizer) return undefined;
  const rest = Object.entries(training)
    .filter(([part]) => part !== "optimizer" && part !== "optimizer_config")
    .map(([part, value]) => [part, /loss$|metrics$/.test(part) ? spelledOut(value) : value]);
  return { rest: Object.fromEntries(rest) as TrainingConfig, optimizer };
};

/** The variables of an optimizer, in the order of files; undefined for one that is not known here. */
function variablesOf(
  { class_name, config }: OptimizerConfig,
  network: Network,
): readonly Variable[] | undefined {
  if (!Object.hasOwn(slots, class_name)) return undefined;
  const trained = network.layers.flatMap(trainedWeights);
  const ofEach = (names: readonly string[]) =>
    trained.flatMap(({ key, shape }) =>
      names.map((slot) => ({
        key: `${key}/${slot}`,
        shape,
        name: `${key.replaceAll("/", "_")}_${slot}`,
      })),
    );
  return [
    { key: "iteration", shape: [], name: "iteration" },
    // A schedule is computed, and no variable.
    ...(typeof config.learning_rate === "number"
      ? [{ key: "learning_rate", shape: [], name: "learning_rate" }]
      : []),
    ...(config.use_ema === true ? ofEach(["average"]) : []),
    ...(config.gradient_accumulation_steps ? ofEach(["gradient_accumulator"]) : []),
    ...slots[class_name]!(config).flatMap(ofEach),
  ];
}

const trainedWeights = ({
  weights,
  layers = [],
}: NetworkLayer): readonly { key: string; shape: readonly number[] }[] => [
  ...weights.filter(({ trainable }) => trainable),
  ...layers.flatMap(trainedWeights),
];

/**
 * A state under our names out of a file's variables, in their order.
 *
 * @returns undefined where the optimizer is none that is known here, or the variables are not its own
 */
export async function readState(
  training: TrainingConfig | undefined,
  network: Network,
  stored: readonly { readonly shape: readonly number[]; read(): Promise<Tensor> }[],
): Promise<OptimizerState | undefined> {
  const optimizer = optimizerOf(training);
  const variables = optimizer && variablesOf(optimizer, network);
  if (!variables || variables.length !== stored.length) return undefined;
  const fit = variables.every(({ shape }, i) => showShape(shape) === showShape(stored[i]!.shape));
  if (!fit) return undefined;
  const state = new Map<string, Tensor>();
  for (const [i, { key }] of variables.entries()) state.set(key, await stored[i]!.read());
  return state;
}

/**
 * A state as a file's variables, in their order.
 *
 * @returns undefined where there is no state
 * @throws CajalError `unsupported` for an optimizer that is not known here; `bad-argument`, `bad-shape` where the
 *   state is not that of the optimizer and the model
 */
export function writtenState(
  training: TrainingConfig | undefined,
  state: OptimizerState | undefined,
  network: Network,
): readonly (readonly [name: string, value: Tensor])[] | undefined {
  if (!state) return undefined;
  const optimizer = optimizerOf(training);
  if (!optimizer)
    throw new CajalError(
      "bad-argument",
      "optimizerState: got a state without a trainingConfig that names the optimizer, { optimizer: { class_name, config } }.",
    );
  const variables = variablesOf(optimizer, network);
  if (!variables)
    throw new CajalError(
      "unsupported",
      `optimizerState: the state of ${optimizer.class_name} is not written; known: ${Object.keys(slots).join(", ")}. Leave it out, and training begins anew.`,
      { optimizer: optimizer.class_name },
    );
  return variables.map(({ key, shape, name }) => {
    const variable =
      state.get(key) ??
      (key === "learning_rate"
        ? tensor("float32", [], [Number(optimizer.config.learning_rate)])
        : undefined);
    if (!variable)
      throw new CajalError(
        "bad-argument",
        `optimizerState: "${key}" is missing, expected ${showShape(shape)} for ${optimizer.class_name}.`,
        { key },
      );
    if (showShape(variable.shape) !== showShape(shape))
      throw new CajalError(
        "bad-shape",
        `optimizerState: "${key}" is ${showShape(variable.shape)}, expected ${showShape(shape)}.`,
        { key, got: variable.shape, expected: shape },
      );
    return [
      name,
      key === "iteration" ? tensor("int64", [], [Number(variable.data[0])]) : variable,
    ] as const;
  });
}
