// What a model under construction calls: a layer, or another model.
import { CajalError } from "@cajal/core";
import type { ModelConfig } from "../keras/config";
import type { Registry } from "../keras/registry";
import type { InnerLayer } from "../layers/definition/layer";
import { writeConfig } from "../layers/definition/readConfig";
import type { KerasShape } from "../layers/definition/shape";
import { inputLayer } from "../layers/inputLayer";
import { networkOf, type Network } from "./networkOf";
import { outputShapes } from "./outputShapes";

export interface Callable {
  readonly className: string;
  readonly isInput: boolean;
  /** The number of its first call: 0 of a layer, 1 of a nested model. */
  readonly firstCall: 0 | 1;
  /** What is called; absent for a model. */
  readonly layer?: InnerLayer;
  /** As Keras writes it, but for its name and whether it is trained. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Shapes of what a call gives; `from`: names of the layers that the inputs come from, for messages. */
  shapes(inputs: readonly KerasShape[], from: readonly string[]): readonly KerasShape[];
}

/** A model that is called. */
export interface CallableModel extends Callable {
  /** A network that does nothing but call it. */
  network(inputs: readonly KerasShape[], from: readonly string[]): Network;
}

export function layerCallable(layer: InnerLayer): Callable {
  const { className, isInput = false, fields } = layer.definition;
  return {
    className,
    isInput,
    firstCall: 0,
    layer,
    config: writeConfig(fields, layer.config),
    shapes: (inputs, from) => outputShapes(layer, inputs, from),
  };
}

/** @param registry the layers that the model may have */
export function modelCallable(
  { class_name, config }: ModelConfig,
  name: string,
  registry: Registry,
): CallableModel {
  const { name: _, trainable: __, ...written } = config;
  const own = config.input_layers.map(([input]) =>
    config.layers.find((each) => each.name === input),
  );
  return {
    className: class_name,
    isInput: false,
    firstCall: 1,
    config: written,
    shapes: (inputs, from) => network(inputs, from).outputs.map(({ shape }) => shape),
    network,
  };

  function network(inputs: readonly KerasShape[], from: readonly string[]): Network {
    if (inputs.length !== own.length)
      throw new CajalError(
        "bad-model",
        `nested model "${name}": got ${inputs.length} inputs, expected ${own.length}.`,
        { model: name, inputs, from },
      );
    // The outputs of a model that does nothing but call it.
    const outer = inputs.map((batch_input_shape, i) => ({
      class_name: inputLayer.className,
      // One value may come in twice, and what the model itself gave.
      name: from.indexOf(from[i]!) === i && from[i] !== name ? from[i]! : `${from[i]}:${i}`,
      config: { batch_input_shape, dtype: own[i]?.config["dtype"] ?? "float32" },
      inbound_nodes: [],
    }));
    const refs = outer.map((input) => [input.name, 0, 0] as const);
    const call = [refs.map((ref) => [...ref, {}] as const)];
    const caller: ModelConfig = {
      class_name: "Functional",
      config: {
        name,
        layers: [...outer, { class_name, name, config, inbound_nodes: call }],
        input_layers: refs,
        output_layers: config.output_layers.map((_, i) => [name, 1, i] as const),
      },
    };
    return networkOf(caller, registry);
  }
}
