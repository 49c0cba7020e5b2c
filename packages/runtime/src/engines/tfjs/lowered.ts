// Runs layers that TF.js lacks and that have no formula in layers/: they are lowered to ONNX operators, as on engine
// onnx, which run as TF.js' operations, gradients included.
import { CajalError, tensor, type Tensor } from "@cajal/core";
import { lower, type NetworkLayer } from "@cajal/models";
import { GraphBuilder, isCarried, type Graph, type Value } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import { toTfjs } from "./dtypes";
import type { CallContext, TfjsLayer } from "./layers/layer";
import { tfjsOperators } from "./operators";
import { attributeOf } from "./operators/operator";
import type { TfCore } from "./peers";

type InnerLayer = NonNullable<NetworkLayer["layer"]>;

/**
 * @param layer its config includes the options of its calls
 * @param configJson the layer's config as JSON
 */
export function loweredLayer(
  { definition, name, config }: InnerLayer,
  configJson: Readonly<Record<string, unknown>>,
): TfjsLayer {
  const graphs = new Map<string, Graph>();
  const { className } = definition;
  // Options of the call beside the inputs.
  const options = Object.fromEntries(
    Object.keys(definition.callOptions ?? {}).flatMap((key) => (key in config ? [[key, config[key]]] : [])), // prettier-ignore
  );
  return {
    className,
    call: (_, inputs, { tf, weights, training }) => {
      const key = `${training} ${inputs.map(({ dtype, shape }) => `${dtype} ${shape.join(",")}`).join("; ")}`; // prettier-ignore
      let graph = graphs.get(key);
      if (!graph) {
        graph = graphOf(inputs, weights, training);
        graphs.set(key, graph);
      }
      return run(tf, graph, inputs, weights, name);
    },
  };

  function graphOf(
    inputs: readonly tfc.Tensor[],
    weights: CallContext["weights"],
    training: boolean,
  ): Graph {
    const g = new GraphBuilder();
    const types = inputs.map(({ dtype }) => (dtype === "int32" || dtype === "bool" ? dtype : "float32")); // prettier-ignore
    const model = {
      class_name: "Functional" as const,
      config: {
        name: "layer",
        layers: [
          ...inputs.map(({ shape }, i) => ({
            class_name: "InputLayer",
            name: `input_${i}`,
            config: { batch_input_shape: [...shape], dtype: types[i]! },
            inbound_nodes: [],
          })),
          {
            class_name: className,
            name: "layer",
            config: configJson,
            inbound_nodes: [inputs.map((_, i) => [`input_${i}`, 0, 0, options] as const)],
          },
        ],
        input_layers: inputs.map((_, i) => [`input_${i}`, 0, 0] as const),
        output_layers: [] as (readonly [string, number, number])[],
      },
    };
    const outputs = definition.shape(config, inputs.map(({ shape }) => shape)).length; // prettier-ignore
    model.config.output_layers = Array.from(
      { length: outputs },
      (_, i) => ["layer", 0, i] as const,
    );
    const weightValues = new Map<string, Value>();
    const xs = inputs.map(({ shape }, i) => g.input(`input_${i}`, types[i]!, shape));
    const { outputs: ys } = lower(g, model, {
      inputs: xs,
      training,
      weights: ({ key, shape }, steps) => {
        const value = weightValues.get(key) ?? g.input(key, "float32", shape);
        weightValues.set(key, value);
        return steps.reduce((x, step) => {
          if ("reshape" in step) return g.reshape(x, step.reshape);
          if ("permute" in step) return g.transpose(x, step.permute);
          return g.gather(x, step.reorder.order, { axis: step.reorder.axis });
        }, value);
      },
    });
    ys.forEach((y, i) => g.output(g.identity(y), `output_${i}`));
    return g.build().graph;
  }
}

/** Runs a graph's nodes, in their order. */
function run(
  tf: TfCore,
  { nodes, initializers, outputs }: Graph,
  inputs: readonly tfc.Tensor[],
  weights: CallContext["weights"],
  layer: string,
): readonly tfc.Tensor[] {
  const values = new Map<string, tfc.Tensor>();
  inputs.forEach((x, i) => values.set(`input_${i}`, x));
  for (const [name, weight] of Object.entries(weights)) values.set(`layer/${name}`, weight);
  for (const [name, constant] of initializers)
    if (!isCarried(constant)) values.set(name, toTfjs(tf, inRange(constant), name));
  for (const node of nodes) {
    const operator = tfjsOperators[node.op];
    if (!operator)
      throw new CajalError(
        "unsupported",
        `layer "${layer}": it is computed by the operator ${node.op}, which Cajal does not have on TF.js. Use engine onnx.`,
        { layer, op: node.op, engine: "tfjs" },
      );
    const operands = node.inputs.map((name) => (name === "" ? undefined : values.get(name)!));
    const result = operator(operands as [tfc.Tensor, ...(tfc.Tensor | undefined)[]], {
      tf,
      outputs: node.outputs.length,
      get: attributeOf(node),
    });
    const results = Array.isArray(result)
      ? (result as readonly tfc.Tensor[])
      : [result as tfc.Tensor];
    node.outputs.forEach((name, i) => {
      if (name !== "" && results[i]) values.set(name, results[i]);
    });
  }
  return outputs.map(({ name }) => values.get(name)!);
}

/** int64 clamped to int32: ends of slices may be huge, meaning "to the end". */
const inRange = (constant: Tensor): Tensor =>
  constant.dtype === "int64"
    ? tensor("int32", constant.shape, Array.from(constant.data as BigInt64Array, (value) => Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Number(value))))) // prettier-ignore
    : constant;
