// The language of models: the functional config that Keras writes (`model.get_config()` with its
// class name) and that TF.js reads. Config keys keep Keras' own spelling, snake_case.

/**
 * Where a value comes from: layer name, index of that layer's call, index of the call's output. Calls
 * of a layer count from 0, those of a nested model from 1, as Keras 2 and TF.js count them.
 */
export type TensorRef = readonly [layer: string, node: number, tensor: number];

/** One input of a call: a reference and the call's keyword arguments. */
export type InboundRef = readonly [
  layer: string,
  node: number,
  tensor: number,
  kwargs: Readonly<Record<string, unknown>>,
];

export interface LayerEntry {
  readonly class_name: string;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** One element a call of the layer, each the list of that call's inputs; empty for an InputLayer. */
  readonly inbound_nodes: readonly (readonly InboundRef[])[];
}

/** A model: a graph of layers. Without weights, as in Keras. */
export interface ModelConfig {
  readonly class_name: "Functional" | "Model";
  readonly config: {
    readonly name: string;
    /** Whether training changes anything of the model; absent: true. */
    readonly trainable?: boolean;
    readonly layers: readonly LayerEntry[];
    readonly input_layers: readonly TensorRef[];
    readonly output_layers: readonly TensorRef[];
  };
  /** Says, where it is given, by which Keras the config is to be understood. */
  readonly keras_version?: string;
}

/** A model that is a list of layers; `batch_input_shape` of the first, or an InputLayer, says its input. */
export interface SequentialConfig {
  readonly class_name: "Sequential";
  readonly config: {
    readonly name: string;
    readonly layers: readonly {
      readonly class_name: string;
      readonly config: Readonly<Record<string, unknown>>;
    }[];
  };
}
