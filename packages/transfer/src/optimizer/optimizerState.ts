// The state of Keras 3's optimizers: which variables there are and in which order files have them
// (keras/src/optimizers/*.py, `build`). Here they have names as in training: `iteration`,
// `layer/weight/slot`; the learning rate is one as well, for training changes it.
import { CajalError, showShape, tensor, type Tensor } from "@cajal/core";
import type { Network, NetworkLayer } from "@cajal/models";
import { olderLayouts, type Layout } from "./olderState";
import { optimizerOf, type OptimizerConfig, type TrainingConfig } from "./trainingConfig";

/** By the names that `@cajal/train` uses, `learning_rate` beside them. */
export type OptimizerState = ReadonlyMap<string, Tensor>;

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
  Adadelta: () => [["accumulated_grad", "accumulated_delta_var"]],
  Adamax: () => [["momentum", "norm"]],
  Nadam: () => [["momentum", "velocity"]],
  Lion: () => [["momentum"]],
  Lamb: () => [["momentum", "velocity"]],
  Ftrl: () => [["accumulator", "linear"]],
  Muon: () => [["momentum", "velocity"]],
};

/** None where it is one of Python's alone: then variables and weights do not go together, and that is said. */
function expressionOf(pattern: unknown): RegExp[] {
  try {
    return [new RegExp(String(pattern))];
  } catch {
    return [];
  }
}

/** Slots that only some weights have; of the others they are 0 here. */
const onlyOfSome: Readonly<
  Record<string, (config: OptimizerConfig["config"]) => NonNullable<Layout["has"]>>
> = {
  // What it makes orthogonal has no velocity (muon.py, `_should_use_adamw`).
  Muon: ({ exclude_embeddings, exclude_layers }) => {
    const patterns = (Array.isArray(exclude_layers) ? exclude_layers : []).flatMap(expressionOf);
    return (slot, { key, shape }) =>
      slot !== "velocity" ||
      shape.length !== 2 ||
      (exclude_embeddings !== false && /embedding/i.test(key)) ||
      patterns.some((pattern) => pattern.test(key));
  },
};

/** Variables behind all others that follow from the number of steps, and so are no part of a state here. */
const derived: Readonly<
  Record<
    string,
    Readonly<Record<string, (config: OptimizerConfig["config"], steps: number) => number>>
  >
> = {
  // The product of its momenta so far, which Keras gives no name.
  Nadam: {
    variable({ beta_1 }, steps) {
      let product = 1;
      for (let t = 1; t <= steps && product > 0; t++)
        product *= Number(beta_1 ?? 0.9) * (1 - 0.5 * 0.96 ** t);
      return product;
    },
  },
};

/** What Keras 3 keeps, in the order of its files; undefined for an optimizer that is not known here. */
function layoutOf({ class_name, config }: OptimizerConfig): Layout | undefined {
  if (!Object.hasOwn(slots, class_name)) return undefined;
  return {
    // A schedule is computed, and no variable.
    head: ["iteration", ...(typeof config.learning_rate === "number" ? ["learning_rate"] : [])],
    groups: [
      ...(config.use_ema === true ? [["average"]] : []),
      ...(config.gradient_accumulation_steps ? [["gradient_accumulator"]] : []),
      ...slots[class_name]!(config),
    ],
    tail: Object.keys(derived[class_name] ?? {}),
    ...(Object.hasOwn(onlyOfSome, class_name) && { has: onlyOfSome[class_name]!(config) }),
  };
}

/** A layout's variables; what no optimizer of today keeps is of any shape. */
function variablesOf(layout: Layout, network: Network): Variable[] {
  const { head, groups, tail = [], sortedBy, has = () => true } = layout;
  const weights = network.layers.flatMap(trainedWeights);
  const order = (a: { key: string }, b: { key: string }) =>
    sortedBy!(a.key) < sortedBy!(b.key) ? -1 : 1;
  const trained = sortedBy ? weights.toSorted(order) : weights;
  const alone = (key: string) => ({ key, shape: [], name: key });
  return [
    ...head.map(alone),
    ...groups.flatMap((names) =>
      trained.flatMap(({ key, shape }) =>
        names
          .filter((slot) => has(slot, { key, shape }))
          .map((slot) => ({
            key: `${key}/${slot}`,
            shape,
            name: `${key.replaceAll("/", "_")}_${slot}`,
          })),
      ),
    ),
    ...tail.map(alone),
  ];
}

/** What training changes, in the order of Keras' `trainable_variables`. */
export const trainedWeights = ({
  weights,
  layers = [],
}: NetworkLayer): readonly { key: string; shape: readonly number[] }[] => [
  ...weights.filter(({ trainable }) => trainable),
  ...layers.flatMap(trainedWeights),
];

/** A variable of an optimizer in a file. */
export interface StoredVariable {
  readonly name: string;
  readonly shape: readonly number[];
  read(): Promise<Tensor>;
}

/**
 * A state under our names out of a file's variables, in their order.
 *
 * @param options.layouts which they may have, the likeliest first. Default: that of Keras 3, or of an older Keras, which
 *   the variables' names show
 * @param options.names of the weights in the file, by our keys, where it has others
 * @returns undefined where the optimizer is none that is known here, or the variables are not its own
 */
export async function readState(
  training: TrainingConfig | undefined,
  network: Network,
  stored: readonly StoredVariable[],
  options: {
    readonly layouts?: readonly Layout[];
    readonly names?: ReadonlyMap<string, string>;
  } = {},
): Promise<OptimizerState | undefined> {
  const optimizer = optimizerOf(training);
  const today = optimizer && layoutOf(optimizer);
  if (!today) return undefined;
  const named = (key: string) => options.names?.get(key) ?? key;
  const older = () => olderLayouts(stored.map(({ name }) => name), today, named); // prettier-ignore
  const wanted = variablesOf({ ...today, has: () => true, tail: [] }, network);
  const kept = new Set(variablesOf(today, network).map(({ key }) => key));
  for (const layout of options.layouts ?? older() ?? [today]) {
    const variables = variablesOf(layout, network);
    const fits = ({ key, shape }: Variable, { name, shape: stored }: StoredVariable) =>
      key.endsWith("/unused") ||
      (showShape(shape) === showShape(stored) && (layout.fits?.(key, name) ?? true));
    if (variables.length !== stored.length) continue;
    if (!variables.every((variable, i) => fits(variable, stored[i]!))) continue;
    const at = new Map(variables.map(({ key }, i) => [key, stored[i]!]));
    const state = new Map<string, Tensor>();
    for (const { key, shape } of wanted) {
      const variable = at.get(key);
      if (!kept.has(key)) state.set(key, tensor("float32", shape));
      else if (key === "iteration") {
        const steps = variable ? Number((await variable.read()).data[0]) : 0;
        state.set(key, tensor("int64", [], [steps]));
      } else if (variable) state.set(key, await variable.read());
      // Older Keras and TF.js have it in the config alone.
      else if (key === "learning_rate")
        state.set(key, tensor("float32", [], [Number(optimizer.config.learning_rate)]));
      else return undefined;
    }
    return state;
  }
  return undefined;
}

/** Why a file's state was not read, where it has one: what `readModel` says of it. */
export function unread(
  state: OptimizerState | undefined,
  training: TrainingConfig | undefined,
  stored: readonly StoredVariable[],
): { readonly unreadOptimizerState?: string } {
  if (state || stored.length === 0) return {};
  const optimizer = optimizerOf(training);
  if (!optimizer)
    return { unreadOptimizerState: "the file has an optimizer's state and no optimizer's name" };
  return {
    unreadOptimizerState: layoutOf(optimizer)
      ? `the file's ${stored.length} variables of its optimizer are not those that ${optimizer.class_name} has for the weights that are trained`
      : `the state of ${optimizer.class_name} is not known here; known: ${Object.keys(slots).join(", ")}`,
  };
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
  const layout = layoutOf(optimizer);
  if (!layout)
    throw new CajalError(
      "unsupported",
      `optimizerState: the state of ${optimizer.class_name} is not written; known: ${Object.keys(slots).join(", ")}. Leave it out, and training begins anew.`,
      { optimizer: optimizer.class_name },
    );
  const { class_name, config } = optimizer;
  const steps = Number(state.get("iteration")?.data[0] ?? 0);
  const computed = (key: string) =>
    key === "learning_rate" ? Number(config.learning_rate) : derived[class_name]?.[key]?.(config, steps); // prettier-ignore
  return variablesOf(layout, network).map(({ key, shape, name }) => {
    const number = computed(key);
    const variable =
      state.get(key) ?? (number === undefined ? undefined : tensor("float32", [], [number]));
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
