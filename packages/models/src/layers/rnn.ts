// A recurrent layer made of a cell, or of several stacked: LSTM is RNN(LSTMCell).
// keras.io/api/layers/recurrent_layers/rnn
import { CajalError, unknownName } from "@cajal/core";
import type { KerasShape } from "./definition/shape";
import * as f from "./definition/fields";
import { defineLayer, type InnerLayer, type Layer } from "./definition/layer";
import { writeConfig } from "./definition/readConfig";
import { gru } from "./gru";
import { lstm } from "./lstm";
import { recurrentMask } from "./shared/recurrent";
import { simpleRnn } from "./simpleRnn";
import { weightsWithin } from "./shared/weightsWithin";

/** The layers that are one cell each, by its class. */
const layersOfCells = { LSTMCell: lstm, GRUCell: gru, SimpleRNNCell: simpleRnn } as const;

/** Cells as one reads them: each as the layer that it makes up. */
interface Cells {
  /** Name of the stack, where there is one. */
  readonly stack?: string;
  readonly list: readonly {
    readonly cell: keyof typeof layersOfCells;
    readonly layer: InnerLayer;
  }[];
}

interface CellInput {
  readonly class_name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const isCell = (raw: unknown): raw is CellInput =>
  typeof raw === "object" && raw !== null && "class_name" in raw && "config" in raw;

/** What the layer of a cell has beside the cell's own. */
const ofTheLayer = ["return_sequences", "return_state", "go_backwards", "zero_output_for_mask", "stateful", "unroll", "time_major", "use_cudnn"]; // prettier-ignore

const cells = f.fieldOf<Cells, CellInput>(
  "a cell, or stacked cells: { class_name, config }",
  (raw, at) => {
    if (!isCell(raw)) return undefined;
    const { class_name, config } = raw;
    if (class_name !== "StackedRNNCells") return { list: [cellOf(raw, at)] };
    const list: unknown = config["cells"];
    if (!Array.isArray(list) || list.length === 0 || !list.every(isCell)) return undefined;
    return {
      stack: typeof config["name"] === "string" ? config["name"] : "stacked_rnn_cells",
      list: list.map((each) => {
        const { cell, layer } = cellOf(each, at);
        return { cell, layer: config["trainable"] === false ? { ...layer, frozen: true } : layer };
      }),
    };
  },
  ({ stack, list }) => {
    const writtenCells = list.map(
      ({ cell, layer: { name, definition, config, frozen, activityRegularizer } }) => ({
        class_name: cell,
        config: Object.fromEntries(
          Object.entries({
            name,
            ...(frozen && { trainable: false }),
            ...writeConfig(definition.fields, config),
            ...(activityRegularizer && { activity_regularizer: activityRegularizer }),
          }).filter(([key]) => !ofTheLayer.includes(key)),
        ),
      }),
    );
    return stack === undefined
      ? writtenCells[0]!
      : { class_name: "StackedRNNCells", config: { name: stack, cells: writtenCells } };
  },
);

function cellOf({ class_name, config }: CellInput, at: f.Place): Cells["list"][number] {
  if (!Object.hasOwn(layersOfCells, class_name)) {
    const { message, facts } = unknownName("cell", class_name, Object.keys(layersOfCells));
    throw new CajalError("unknown-name", `${at.where}, "${at.key}": ${message}`, facts);
  }
  const cell = class_name as keyof typeof layersOfCells;
  const layer = at.layer({ class_name: layersOfCells[cell].className, config }, at) as InnerLayer;
  const configName = config["name"];
  const name = typeof configName === "string" ? configName : defaultNames[cell];
  return { cell, layer: { ...layer, definition: withoutCellName(layer.definition), name } };
}

/** Weights of a layer are named by its cell, "lstm_cell/kernel"; here the cell's own name stands before them. */
function withoutCellName(definition: Layer): Layer {
  const first = (name: string) => name.slice(name.indexOf("/") + 1);
  return {
    ...definition,
    weights: (config, inputs) =>
      (definition.weights?.(config, inputs) ?? []).map((weight) => ({
        ...weight,
        name: first(weight.name),
      })),
    lower: (config, inputs, g, context) =>
      definition.lower(config, inputs, g, {
        ...context,
        weight: (name, steps) => context.weight(first(name), steps),
      }),
  };
}

const defaultNames = {
  LSTMCell: "lstm_cell",
  GRUCell: "gru_cell",
  SimpleRNNCell: "simple_rnn_cell",
} as const;

export const rnn = defineLayer({
  className: "RNN",
  fields: {
    /** An LSTMCell, GRUCell or SimpleRNNCell, or StackedRNNCells of them, each on the outputs of the one before. */
    cell: cells(),
    /** Whether every step's output is given, `[batch, steps, units]`, not the last one alone. */
    return_sequences: f.flag(false),
    /** Whether the last states of all cells are outputs too. */
    return_state: f.flag(false),
    /** Whether steps are taken from the last to the first. */
    go_backwards: f.flag(false),
    /** Whether outputs at masked steps are 0, and not those of the step before. */
    zero_output_for_mask: f.flag(false),
  },
  rank: 3,
  shape: (config, [x]) => {
    let input: KerasShape = x;
    const states: KerasShape[] = [];
    for (const { definition, config: layerConfig } of layersOf(config)) {
      const [y, ...ends] = definition.shape(layerConfig, [input]);
      states.push(...ends);
      input = y!;
    }
    return [input, ...states];
  },
  weights: (config, [x]) => {
    let input: KerasShape = x;
    return layersOf(config).flatMap((layer) => {
      const cellWeights = weightsWithin(layer, [input]);
      [input] = layer.definition.shape(layer.config, [input]) as [KerasShape];
      return cellWeights;
    });
  },
  parts: ({ cell: { stack, list } }) => {
    const counts = new Map<string, number>();
    return Object.fromEntries(
      list.map(({ cell, layer }) => {
        const kind = defaultNames[cell];
        const count = counts.get(kind) ?? 0;
        counts.set(kind, count + 1);
        const path = `cells/${kind}${count > 0 ? `_${count}` : ""}`;
        const attribute = stack === undefined ? "cell" : `cell/${path}`;
        return [prefixOf(stack, layer), { attribute }];
      }),
    );
  },
  mask: recurrentMask,
  refusesTraining: ({ cell: { list } }) =>
    list.some(({ layer }) => layer.activityRegularizer)
      ? "a regularizer of a cell's outputs (activity_regularizer) cannot be trained, in Keras neither: give it to the RNN"
      : undefined,
  layout: "channelsLast",
  lower: (config, [x], g, { inner, inputs, layout, masks }) => {
    let [value, shape] = [x, inputs[0] as KerasShape];
    const states = [];
    for (const layer of layersOf(config)) {
      const result = inner(layer, [value], { shapes: [shape], layout, prefix: layer.name, masks });
      const [y, ...ends] = result.values;
      states.push(...ends);
      [value, shape] = [y!, result.shapes[0]!];
    }
    return [value, ...states];
  },
  samples: [
    { config: { cell: { class_name: "LSTMCell", config: { units: 3 } } }, inputs: [[2, 4, 5]] },
    {
      config: {
        cell: {
          class_name: "StackedRNNCells",
          config: {
            cells: [
              { class_name: "SimpleRNNCell", config: { units: 2 } },
              { class_name: "GRUCell", config: { units: 3 } },
            ],
          },
        },
        return_sequences: true,
        return_state: true,
        go_backwards: true,
      },
      inputs: [[2, 4, 3]],
    },
  ],
});

/** The cells as layers, each on what the one before gives, named by what their weights' names begin with. */
function layersOf({
  cell: { stack, list },
  ...config
}: {
  readonly cell: Cells;
  readonly return_sequences: boolean;
  readonly return_state: boolean;
  readonly go_backwards: boolean;
  readonly zero_output_for_mask: boolean;
}): InnerLayer[] {
  return list.map(({ layer }, i) => ({
    ...layer,
    name: prefixOf(stack, layer),
    config: {
      ...layer.config,
      ...config,
      return_sequences: config.return_sequences || i < list.length - 1,
      // What the first gives comes in the order in which the others take it.
      go_backwards: config.go_backwards && i === 0,
    },
  }));
}

const prefixOf = (stack: string | undefined, { name }: InnerLayer) =>
  stack === undefined ? name : `${stack}/${name}`;
