// Training in TF.js: its optimizers' names, options and state for those of Keras, and back
// (tfjs-core/src/optimizers/*.ts, `getWeights`).
import { tensor, type Tensor } from "@cajal/core";
import type { Network } from "@cajal/models";
import {
  readState,
  trainedWeights,
  writtenState,
  type OptimizerState,
  type StoredVariable,
} from "./optimizerState";
import {
  optimizerOf,
  spelledOut,
  type OptimizerConfig,
  type TrainingConfig,
} from "./trainingConfig";

/** Of a model that is written what belongs to its training. */
interface Trained {
  readonly network: Network;
  readonly trainingConfig?: TrainingConfig;
  readonly optimizerState?: OptimizerState;
}

interface Training {
  readonly config: object;
  /** The optimizer's variables in the order of its `getWeights`, the number of steps first. */
  readonly state: readonly Tensor[];
}

/** TF.js' own optimizer for a Keras one: name, config, and the slots that its state consists of in turn. */
const optimizers: Readonly<
  Record<
    string,
    (config: Readonly<Record<string, number | boolean>>) => {
      readonly class_name: string;
      readonly config: object;
      readonly slots: readonly string[];
    }
  >
> = {
  Adam: ({ learning_rate, beta_1, beta_2, epsilon }) => ({
    class_name: "Adam",
    config: { learning_rate, beta1: beta_1, beta2: beta_2, epsilon },
    slots: ["momentum", "velocity"],
  }),
  SGD: ({ learning_rate, momentum, nesterov }) =>
    momentum
      ? {
          class_name: "Momentum",
          config: { learning_rate, momentum, use_nesterov: nesterov },
          slots: ["momentum"],
        }
      : { class_name: "SGD", config: { learning_rate }, slots: [] },
  RMSprop: ({ learning_rate, rho, momentum, epsilon, centered }) => ({
    class_name: "RMSProp",
    config: { learning_rate, decay: rho, momentum, epsilon, centered },
    slots: ["velocity", "momentum", ...(centered ? ["average_gradient"] : [])],
  }),
  Adagrad: ({ learning_rate, initial_accumulator_value }) => ({
    class_name: "Adagrad",
    config: { learning_rate, initial_accumulator_value },
    slots: ["accumulator"],
  }),
};

/** What TF.js can train with; undefined where it has no such optimizer or loss: training begins anew there. */
export function tfjsTraining({
  trainingConfig,
  optimizerState,
  network,
}: Trained): Training | undefined {
  const optimizer = optimizerOf(trainingConfig);
  const loss = namesOf(trainingConfig?.loss);
  if (!optimizer || !loss || !isPlain(optimizer)) return undefined;
  const { slots, ...optimizer_config } = optimizers[optimizer.class_name]!(
    optimizer.config as Record<string, number | boolean>,
  );
  const metrics = namesOf(trainingConfig?.metrics);
  const config = { loss, ...(metrics !== undefined && { metrics }), optimizer_config };
  writtenState(trainingConfig, optimizerState, network); // refuses what does not fit
  if (!optimizerState) return { config, state: [] };
  const trained = network.layers.flatMap(trainedWeights);
  const rate = Number(optimizer.config.learning_rate);
  const state = slots.flatMap((slot) =>
    trained.map(({ key, shape }) => {
      const value = optimizerState.get(`${key}/${slot}`) ?? tensor("float32", shape);
      if (optimizer_config.class_name !== "Momentum") return value;
      return scaled(value, -1 / rate);
    }),
  );
  const steps = Number(optimizerState.get("iteration")?.data[0] ?? 0);
  return { config, state: [tensor("int32", [], [steps]), ...state] };
}

/** Keras' momentum has the learning rate in it and is subtracted, TF.js' is neither. */
const scaled = ({ shape, data }: Tensor, factor: number): Tensor =>
  tensor(
    "float32",
    shape,
    Float32Array.from(data as Float32Array, (value) => value * factor),
  );

/**
 * The state of a TF.js model under our names.
 *
 * @param stored what its file has in the group "optimizer", in order
 * @returns undefined where there is none, or not of an optimizer that is known here
 */
export function readTfjsState(
  training: TrainingConfig | undefined,
  network: Network,
  stored: readonly StoredVariable[],
): Promise<OptimizerState | undefined> {
  const optimizer = optimizerOf(training);
  if (!optimizer || !Object.hasOwn(optimizers, optimizer.class_name))
    return Promise.resolve(undefined);
  const { class_name, slots } = optimizers[optimizer.class_name]!(
    optimizer.config as Record<string, number | boolean>,
  );
  const rate = Number(optimizer.config.learning_rate);
  const variables =
    class_name === "Momentum"
      ? stored.map((one, i) => ({
          ...one,
          read: async () => (i === 0 ? one.read() : scaled(await one.read(), -rate)),
        }))
      : stored;
  const groups = slots.map((slot) => [slot]);
  return readState(training, network, variables, {
    layouts: [{ head: ["iteration"], groups }],
  });
}

/** Whether TF.js' optimizers do all that the config asks for. */
const isPlain = ({ class_name, config }: OptimizerConfig): boolean =>
  Object.hasOwn(optimizers, class_name) &&
  typeof config.learning_rate === "number" &&
  config.learning_rate > 0 &&
  ["weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "amsgrad"].every(
    (option) => !config[option],
  ) &&
  !config.gradient_accumulation_steps;

/** Losses or metrics by their names, as TF.js takes them; undefined for what has none. */
function namesOf(losses: unknown): unknown {
  if (typeof losses === "string") return spelledOut(losses);
  if (Array.isArray(losses)) {
    const all = losses.map(namesOf);
    return all.includes(undefined) || all.length === 0 ? undefined : all;
  }
  return undefined;
}
