// Runs layers that TF.js lacks and that have no formula in layers/: they are lowered to ONNX operators, as on engine
// onnx, which run as TF.js' operations, gradients included.
import { CajalError } from "@cajal/core";
import { lower, type NetworkLayer } from "@cajal/models";
import { GraphBuilder, type Graph, type Value } from "@cajal/onnx";
import type * as tfc from "@tensorflow/tfjs-core";
import type { MaskSlots } from "./flat";
import type { CallContext, TfjsLayer } from "./layers/layer";
import { runGraph } from "./runGraph";

type InnerLayer = NonNullable<NetworkLayer["layer"]>;

/**
 * @param layer its config includes the options of its calls
 * @param configJson the layer's config as JSON
 * @param masks what its last inputs are masks of
 */
export function loweredLayer(
  { definition, name, config }: InnerLayer,
  configJson: Readonly<Record<string, unknown>>,
  masks: MaskSlots,
): TfjsLayer {
  const graphs = new Map<string, Graph>();
  const { className } = definition;
  /** The arguments of the call beside its inputs. */
  const argumentsOf = (inputs: number) => {
    const maskRef = (slot: MaskSlots[number]) => [`input_${inputs - masks.length + masks.indexOf(slot)}`, 0, 0]; // prettier-ignore
    const places = masks.filter((slot) => slot !== "pairs");
    const list = Array.from({ length: places.length > 0 ? Math.max(...places) + 1 : 0 }, (_, i) => places.includes(i) ? maskRef(i) : null); // prettier-ignore
    return {
      ...Object.fromEntries(
        Object.keys(definition.callOptions ?? {}).flatMap((key) => (key in config ? [[key, config[key]]] : [])), // prettier-ignore
      ),
      ...(list.length > 0 && { mask: list }),
      ...(masks.includes("pairs") && { attention_mask: maskRef("pairs") }),
    };
  };
  return {
    className,
    call: (_, inputs, { tf, weights, training }) => {
      const key = `${training} ${inputs.map(({ dtype, shape }) => `${dtype} ${shape.join(",")}`).join("; ")}`; // prettier-ignore
      let graph = graphs.get(key);
      if (!graph) {
        graph = graphOf(inputs, weights, training);
        graphs.set(key, graph);
      }
      return runGraph(tf, graph, { inputs, weights, layer: name });
    },
  };

  function graphOf(
    inputs: readonly tfc.Tensor[],
    weights: CallContext["weights"],
    training: boolean,
  ): Graph {
    const g = new GraphBuilder();
    const types = inputs.map(({ dtype }) => (dtype === "int32" || dtype === "bool" ? dtype : "float32")); // prettier-ignore
    const options = argumentsOf(inputs.length);
    const values = inputs.slice(0, inputs.length - masks.length);
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
            inbound_nodes: [values.map((_, i) => [`input_${i}`, 0, 0, options] as const)],
          },
        ],
        input_layers: inputs.map((_, i) => [`input_${i}`, 0, 0] as const),
        output_layers: [] as (readonly [string, number, number])[],
      },
    };
    const outputs = definition.shape(config, values.map(({ shape }) => shape)).length; // prettier-ignore
    model.config.output_layers = Array.from(
      { length: outputs },
      (_, i) => ["layer", 0, i] as const,
    );
    const weightValues = new Map<string, Value>();
    const xs = inputs.map(({ shape }, i) => g.input(`input_${i}`, types[i]!, shape));
    const { outputs: ys, updates } = lower(g, model, {
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
    if (updates.size > 0)
      throw new CajalError(
        "unsupported",
        `layer "${name}" (${className}): engine tfjs does not train its averages. Use engine onnx, or freeze it.`,
        { layer: name, className, engine: "tfjs" },
      );
    ys.forEach((y, i) => g.output(g.identity(y), `output_${i}`));
    return g.build().graph;
  }
}
