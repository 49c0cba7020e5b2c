// The operations that masks are made by as Keras 3 has them in JSON: beside the layers, each with a name.
import type { TensorRef } from "../keras/config";
import type { Json } from "../keras/json";
import type { KerasTensor, MaskLayers } from "../keras/keras3";
import { snakeCase } from "../keras/snakeCase";
import { isOperation, maskOperations, type MaskOperation, type PlanMask } from "./maskOperations";
import type { Plan, PlanNode } from "./planNode";

/**
 * @param names of the model's layers, which no operation is given
 * @param tensorOf an output of a call, counted from 0
 */
export function maskLayers(
  plan: Plan,
  names: Iterable<string>,
  tensorOf: (ref: TensorRef) => KerasTensor,
): MaskLayers {
  const { calls, operations } = maskOperations(plan.nodes);
  const written = [...calls].filter(([, masks]) => masks.every((mask) => !mask || isComparisons(mask))); // prettier-ignore
  const used = new Set(written.flatMap(([, masks]) => masks.filter((mask) => mask !== undefined)));
  for (const operation of operations.toReversed())
    if (used.has(operation))
      for (const arg of operation.args) if (typeof arg === "object") used.add(arg);

  const taken = new Set(names);
  const nameFor = (className: string) => {
    const base = snakeCase(className);
    let name = base;
    for (let count = 1; taken.has(name); count++) name = `${base}_${count}`;
    taken.add(name);
    return name;
  };
  const tensors = new Map<MaskOperation, KerasTensor>();
  const argument = (mask: PlanMask): KerasTensor =>
    isOperation(mask) ? tensors.get(mask)! : tensorOf(refOf(mask));
  const layers = operations
    .filter((operation) => used.has(operation))
    .map((operation): Json => {
      const { className, settings } = operation;
      const name = nameFor(className);
      const args = operation.args.map((arg) => (typeof arg === "number" ? arg : argument(arg)));
      const given = args.filter((arg) => typeof arg !== "number");
      const config = { shape: shapeOf(operation, given.map(({ config }) => config.shape)), dtype: "bool", keras_history: [name, 0, 0] } as const; // prettier-ignore
      tensors.set(operation, { class_name: "__keras_tensor__", config });
      return {
        module: `keras.src.ops.${className === "ConvertToTensor" ? "core" : "numpy"}`,
        class_name: className,
        config: { name, ...settings },
        registered_name: className,
        name,
        inbound_nodes: [{ args: operation.joinsAlong === undefined ? args : [args], kwargs: {} }],
      };
    });
  const masks = new Map(written.map(([node, masks]) => [keyOf(node.layer.name, node.call), asArgument(node, masks.map((mask) => (mask ? argument(mask) : null)))])); // prettier-ignore
  return { layers, maskOf: (layer, call) => masks.get(keyOf(layer, call)) };
}

/** Whether it is one that Cajal reads again as a mask, not as a value of the model. */
const isComparisons = (mask: PlanMask) => isOperation(mask) && mask.comparisons !== undefined;

const keyOf = (layer: string, call: number) => `${layer}/${call}`;

const refOf = ({ node, tensor }: Exclude<PlanMask, MaskOperation>): TensorRef => [node.layer.name, node.call, tensor]; // prettier-ignore

/** A model that is called on several values has a list of their masks. */
const asArgument = ({ inputs }: PlanNode, masks: readonly (KerasTensor | null)[]) =>
  inputs.length === 1 ? masks[0] : masks;

function shapeOf(
  { className, joinsAlong }: MaskOperation,
  shapes: readonly (readonly (number | null)[])[],
): readonly (number | null)[] {
  const last = shapes.at(-1)!;
  if (className === "Any") return last.slice(0, -1);
  if (className === "ExpandDims") return [...last, 1];
  if (joinsAlong === undefined) return last;
  const axis = (joinsAlong + last.length) % last.length;
  const sum = shapes.reduce<number | null>((all, shape) => (all === null || shape[axis] === null ? null : all + shape[axis]!), 0); // prettier-ignore
  return last.map((extent, i) => (i === axis ? sum : extent));
}
