// The operations of keras.ops that Keras makes masks with while it builds a model. They count in the order of the
// layers (keras/src/ops/function.py, map_graph), and `.keras` files have them beside the layers.
import type { WrittenMask } from "../keras/writtenMasks";
import type { MaskRule } from "../layers/definition/layer";
import type { CallMask } from "./callArguments";
import type { PlanNode, PlanValue } from "./planNode";

/** A mask in the JSON of a model: one of its values, or what operations make of these. */
export type PlanMask = PlanValue | MaskOperation;

export interface MaskOperation {
  readonly className: "NotEqual" | "Any" | "LogicalOr" | "ExpandDims" | "ZerosLike" | "OnesLike" | "Concatenate" | "ConvertToTensor"; // prettier-ignore
  readonly settings: Readonly<Record<string, unknown>>;
  readonly args: readonly (PlanMask | number)[];
  /** The axis along which it joins what it is given, as one list; absent: it does not. */
  readonly joinsAlong?: number;
  /** The comparisons, by what they compare, that a mask is made of; undefined where it is made of something else too. */
  readonly comparisons: ReadonlySet<string> | undefined;
}

/** The masks of a model's calls. */
export interface PlanMasks {
  /** Those that calls have in Keras' JSON, in the order of their inputs. */
  readonly calls: ReadonlyMap<PlanNode, readonly (PlanMask | undefined)[]>;
  /** Each after those that it is made of. */
  readonly operations: readonly MaskOperation[];
}

export const isOperation = (arg: PlanNode | PlanMask | number): arg is MaskOperation =>
  typeof arg === "object" && "className" in arg;

type Masks = readonly (PlanMask | undefined)[];

/**
 * The masks of a model's calls as Keras writes them: a layer that is called on one tensor has that of this, a model
 * those of all.
 *
 * @param nodes the calls, each after those that its inputs come from
 */
export function maskOperations(nodes: Iterable<PlanNode>): PlanMasks {
  const operations: MaskOperation[] = [];
  const calls = new Map<PlanNode, Masks>();
  const outgoing = new Map<PlanNode, { readonly mask: PlanMask; readonly outputs: number }>();
  const impliedMask = ({ node, tensor }: PlanValue): PlanMask | undefined => {
    const made = outgoing.get(node);
    return made && tensor < made.outputs ? made.mask : undefined;
  };
  for (const node of nodes) {
    const { layer, inputs, masks: stated, options } = node;
    const rule = layer.layer?.definition.mask;
    const implied = inputs.map(impliedMask);
    const statedMasks = stated?.list.map((mask, i) => mask && asStated(mask, implied[i])) ?? [];
    const masks = stated?.all ? statedMasks : implied.map((mask, i) => statedMasks[i] ?? mask);
    const takesMasks = node.plan !== undefined || (rule?.takes === "one" && inputs.length === 1);
    const recorded = takesMasks ? masks : statedMasks;
    if (recorded.some(Boolean)) calls.set(node, recorded);
    if (!rule || rule.whenRunning) continue;
    const config = { ...layer.layer?.config, ...options };
    const mask = outgoingMask(rule, config, inputs, masks);
    if (mask) outgoing.set(node, { mask, outputs: rule.outputs?.(config) ?? 1 });
  }
  return { calls, operations };

  function outgoingMask(
    rule: MaskRule<object>,
    config: object,
    inputs: readonly PlanValue[],
    masks: Masks,
  ): PlanMask | undefined {
    const made = rule.makes?.(config);
    if (made) return comparison({ of: inputs[0]!, ...made });
    if (!rule.passes?.(config)) return undefined;
    if (rule.mergesAlong)
      return masks.some(Boolean) ? joined(inputs, masks, rule.mergesAlong(config)) : undefined;
    if (rule.merges) return masks.reduce((a, b) => a && b && operation("LogicalOr", [a, b]));
    const [mask] = masks;
    return mask && rule.copies
      ? operation("ConvertToTensor", [mask], { dtype: null, sparse: null, ragged: null })
      : mask;
  }

  /** Masks along an axis of the values, made as wide as these; then the steps of which any feature is valid. */
  function joined(inputs: readonly PlanValue[], masks: Masks, axis: number): MaskOperation {
    const parts = inputs.map((input, i) => {
      const mask = masks[i];
      if (!mask) return operation("OnesLike", [input], { dtype: "bool" });
      const widened = operation("ExpandDims", [mask], { axis: -1 });
      return operation("LogicalOr", [widened, operation("ZerosLike", [input], { dtype: "bool" })]);
    });
    return anyOf(operation("Concatenate", parts, { axis }, { joinsAlong: axis }));
  }

  function comparison({ of, value, features }: Comparison): MaskOperation {
    const differs = operation("NotEqual", [of, value]);
    return features ? anyOf(differs) : differs;
  }

  function anyOf(mask: MaskOperation): MaskOperation {
    return operation("Any", [mask], { axis: -1, keepdims: false });
  }

  function operation(
    className: MaskOperation["className"],
    args: MaskOperation["args"],
    settings: MaskOperation["settings"] = {},
    joining: Pick<MaskOperation, "joinsAlong"> = {},
  ): MaskOperation {
    const comparisons = comparisonsOf(className, args);
    const made = { className, settings, args, ...joining, comparisons };
    operations.push(made);
    return made;
  }

  /** The mask that a call says: the one that follows, if it is made of the same comparisons, see `writtenAsMask`. */
  function asStated(mask: CallMask<PlanValue>, implied: PlanMask | undefined): PlanMask {
    if ("value" in mask) return mask.value;
    const stated = new Set(mask.comparisons.map(({ of, value }) => keyOf(of, value)));
    const following = implied && isOperation(implied) ? implied.comparisons : undefined;
    return following?.size === stated.size && [...following].every((key) => stated.has(key))
      ? implied!
      : comparison(mask.comparisons[0]!);
  }
}

type Comparison = Omit<WrittenMask[number], "of"> & { readonly of: PlanValue };

const keyOf = ({ node, tensor }: PlanValue, value: number) =>
  `${node.layer.name} ${node.call} ${tensor} ${value}`;

function comparisonsOf(
  className: MaskOperation["className"],
  args: MaskOperation["args"],
): ReadonlySet<string> | undefined {
  if (className === "NotEqual") return new Set([keyOf(args[0] as PlanValue, args[1] as number)]);
  // They give a mask the shape of features.
  if (className === "ZerosLike" || className === "OnesLike") return new Set();
  const parts = args.map((arg) => (isOperation(arg) ? arg.comparisons : undefined)); // prettier-ignore
  const [first] = parts;
  // Most masks are those of one sequence.
  if (first && parts.every((part) => part === first)) return first;
  return parts.every((part) => part !== undefined) ? new Set(parts.flatMap((part) => [...part])) : undefined; // prettier-ignore
}
