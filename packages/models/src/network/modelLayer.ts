// A model in the place of a layer within another, as TimeDistributed wraps one: its rules are those of its layers.
import { CajalError } from "@cajal/core";
import type { Value } from "@cajal/onnx";
import type { ModelConfig } from "../keras/config";
import { isModel } from "../keras/isModel";
import { readModel } from "../keras/readKeras";
import { snakeCase } from "../keras/snakeCase";
import type { Registry } from "../keras/registry";
import { kept } from "../layers/definition/fields";
import { defineLayer, type InnerLayer, type LayerPart } from "../layers/definition/layer";
import type { KerasShape } from "../layers/definition/shape";
import { maskValues } from "./maskValues";
import { modelCallable } from "./callable";
import type { Network } from "./networkOf";
import type { NetworkLayer } from "./planNode";
import type { NetworkValue } from "./values";

/**
 * @param json the model, as JSON
 * @param registry the layers that it may have
 * @throws CajalError as `resolve`
 */
export function modelLayer(
  json: { readonly class_name: string; readonly config: object },
  registry: Registry,
): InnerLayer {
  const model = readModel(json);
  const { name, trainable, ...config } = model.config;
  const callable = modelCallable(model, name, registry);
  const networks = new Map<string, Network>();
  /** The network of a model that does nothing but call this one. */
  const networkFor = (inputs: readonly KerasShape[]): Network => {
    const key = JSON.stringify(inputs);
    const network = networks.get(key) ?? callable.network(inputs, inputs.map((_, i) => `input_${i}`)); // prettier-ignore
    networks.set(key, network);
    return network;
  };
  const within = (path: string) => path.slice(name.length + 1);
  const definition = defineLayer({
    className: "Functional",
    fields: { layers: kept(), input_layers: kept(), output_layers: kept() },
    arity: [1, 1],
    shape: (_, inputs) => {
      const network = networkFor(inputs);
      if (network.outputs.some(({ dtype }) => dtype !== "float32"))
        throw new CajalError("unsupported", `the model "${name}" within it does not give float32`);
      return network.outputs.map(({ shape }) => shape);
    },
    weights: (_, inputs) =>
      weightsOf(networkFor(inputs).layers).map(({ key, ...weight }) => ({ ...weight, name: within(key) })), // prettier-ignore
    parts: () => partsOf(model, registry),
    macs: (_, inputs) =>
      networkFor(inputs).calls.reduce((sum, { inner, inputs, outputs }) => {
        const shapes = (values: readonly NetworkValue[]) => values.map(({ shape }) => shape);
        return sum + (inner.definition.macs?.(inner.config, shapes(inputs), shapes(outputs)) ?? 0);
      }, 0),
    // Keras hands it on to the model's layers.
    mask: { takes: "one" },
    lower: (_, [x], g, { inner, inputs, mask, training }) => {
      if (mask)
        throw new CajalError("unsupported", `the model "${name}" within it would get a mask of the steps within each step`); // prettier-ignore
      const network = networkFor(inputs);
      const values = new Map<NetworkValue, Value>([[network.inputs[0]!, x]]);
      const maskValue = maskValues(g, (value) => values.get(value)!);
      for (const call of network.calls) {
        if (call.inner.definition.isInput) continue;
        if (training && call.layer.activityRegularizer)
          throw new CajalError("unsupported", `the model "${name}" within it has a regularizer of outputs (activity_regularizer), which is not trained there`); // prettier-ignore
        if (call.attentionMask)
          throw new CajalError("unsupported", `the model "${name}" within it has an attention_mask`); // prettier-ignore
        const result = inner(
          { ...call.inner, ...(!call.layer.trainable && { frozen: true as const }) },
          call.inputs.map((value) => values.get(value)!),
          {
            shapes: call.inputs.map(({ shape }) => shape),
            layout: "channelsLast",
            prefix: within(call.layer.path),
            masks: (call.masks ?? []).map((each) => each && maskValue(each)),
          },
        );
        call.outputs.forEach((value, i) => values.set(value, result.values[i]!));
      }
      return network.outputs.map((value) => values.get(value)!);
    },
  });
  if (model.config.input_layers.length !== 1)
    throw new CajalError(
      "unsupported",
      `the model "${name}" within a layer has ${model.config.input_layers.length} inputs, expected one`,
      { model: name, inputs: model.config.input_layers.length },
    );
  return {
    name,
    definition,
    config: { ...config },
    ...(trainable === false && { frozen: true }),
  };
}

/** Those of nested models too. */
const weightsOf = (layers: readonly NetworkLayer[]): readonly NetworkLayer["weights"][number][] =>
  layers.flatMap((layer) => (layer.layers ? weightsOf(layer.layers) : layer.weights));

/** Its layers as Keras saves their weights: by class, counted. */
function partsOf({ config }: ModelConfig, registry: Registry): Record<string, LayerPart> {
  const counts = new Map<string, number>();
  return Object.fromEntries(
    config.layers.map(({ class_name, name, config }) => {
      const layer = isModel(class_name)
        ? modelLayer({ class_name, config }, registry)
        : registry.read(class_name, name, config);
      const kind = snakeCase(layer.definition.classInKeras ?? class_name);
      const count = counts.get(kind) ?? 0;
      counts.set(kind, count + 1);
      return [name, { attribute: `layers/${kind}${count > 0 ? `_${count}` : ""}`, layer }];
    }),
  );
}
