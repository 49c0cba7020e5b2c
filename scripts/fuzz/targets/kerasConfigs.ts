import { functional, lenet5, summary, toKerasJson, toOnnx, type ModelConfig } from "@cajal/models";
import { mutateValue } from "../mutateValue";
import { defineTarget } from "../target";

/** Recurrent layers, wrappers, a nested model called twice, merging. */
function recurrent(): ModelConfig {
  const inner = functional("inner");
  const value = inner.input([5, 4]);
  const dense = { class_name: "Dense", config: { units: 4 } };
  const lstm = { class_name: "LSTM", config: { units: 2, return_sequences: true } };
  const encoded = inner.layer("TimeDistributed", { layer: dense }, value);
  const encoder = inner.model([value], [inner.layer("Bidirectional", { layer: lstm }, encoded)]);
  const net = functional("outer");
  const x = net.input([5, 4]);
  const once = net.layer("GRU", { units: 4, return_sequences: true }, x);
  const model = net.model([x], [net.layer("Add", {}, [x, once])]);
  const nested = { class_name: "Functional", name: "encoder", config: encoder.config };
  return {
    ...model,
    config: {
      ...model.config,
      layers: [
        ...model.config.layers,
        {
          ...nested,
          inbound_nodes: model.config.output_layers.map(([name, call, i]) => [[name, call, i, {}]]),
        },
      ],
      output_layers: [["encoder", 1, 0]],
    },
  };
}

/** Understood and summed up; where it has no weights, lowered too. */
export const kerasConfigs = defineTarget<unknown>({
  name: "kerasConfigs",
  corpus: () => {
    const small = lenet5({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] });
    return [small, recurrent()].flatMap((model) => [
      toKerasJson(model),
      toKerasJson(model, { version: 3 }),
    ]);
  },
  mutate: mutateValue,
  read(model) {
    if (summary(model as object).totalParams === 0) toOnnx(model as ModelConfig, new Map());
  },
});
