// Masks as Keras 3 writes them: an Embedding with mask_zero leaves a layer NotEqual in the JSON, whose result
// is the `mask` of the calls that compute by it, through further operations where several meet. Here they
// are implied, as in Keras 2 and TF.js: what is written is taken out, and each such call keeps the values that
// its mask was made of, so that it can be told from the one that is implied. Masks that are made otherwise stay:
// operations of the model, and arguments of its calls.
import type { TensorRef } from "./config";
import { isObject, type Json } from "./json";

/** The comparisons that a mask is made of: of which value, with which number, and whether any feature counts. */
export type WrittenMask = readonly {
  readonly of: TensorRef;
  readonly value: number;
  readonly features: boolean;
}[];

/** Names of the masks in calls, each the mask of one input, or a list. */
export const maskNames: readonly string[] = ["mask", "query_mask", "value_mask", "key_mask", "attention_mask"]; // prettier-ignore

const historyOf = (argument: unknown): TensorRef | undefined => {
  const config = isObject(argument) ? argument.config : undefined;
  const history = isObject(config) ? config.keras_history : undefined;
  return isTensorRef(history) ? history : undefined;
};

const isTensorRef = (value: unknown): value is TensorRef =>
  Array.isArray(value) &&
  typeof value[0] === "string" &&
  typeof value[1] === "number" &&
  typeof value[2] === "number";

const argumentsOf = ({ inbound_nodes }: Json): unknown[] => {
  const [call]: unknown[] = Array.isArray(inbound_nodes) ? inbound_nodes : [];
  return isObject(call) && Array.isArray(call.args) ? call.args.flat() : [];
};

const isTruthValue = (argument: unknown) =>
  isObject(argument) && isObject(argument.config) && argument.config.dtype === "bool";

/**
 * Layers that are operations of Keras' own, of which masks are made. HDF5 files leave their module out:
 * there a Concatenate is one by what it joins.
 */
function isOperation(entry: unknown): entry is Json {
  if (!isObject(entry)) return false;
  const { module, class_name } = entry;
  if (module !== undefined) return String(module).startsWith("keras.src.ops.");
  if (class_name === "Concatenate") {
    const args = argumentsOf(entry);
    return args.length > 0 && args.every(isTruthValue);
  }
  return madeOf.has(String(class_name)) || shapesOnly(entry);
}

/** Operations that Keras makes masks with. */
const madeOf = new Set(["NotEqual", "Any", "LogicalOr", "ExpandDims", "Concatenate", "ConvertToTensor"]); // prettier-ignore

/**
 * The layers of a model without those that only make masks.
 *
 * @param layers as in the JSON; themselves where there is nothing to take out
 * @param outputs the model's, which stay
 */
export function withoutWrittenMasks(
  layers: readonly unknown[],
  outputs: readonly TensorRef[] = [],
): readonly unknown[] {
  const operations = new Map<string, Json>();
  for (const entry of layers) if (isOperation(entry)) operations.set(String(entry.name), entry);
  if (operations.size === 0) return layers;
  const masks = new Map<string, WrittenMask | undefined>();
  /** The operations that an operation is given. */
  const givenTo = (entry: Json) =>
    argumentsOf(entry).flatMap((arg) => {
      const from = historyOf(arg)?.[0];
      return from === undefined ? [] : [from];
    });
  /** What all masks that an operation's arguments hold are made of, if it is one. */
  const maskOf = (name: string): WrittenMask | undefined => {
    // With a stack of its own, for chains of operations are longer than the engine's.
    const open = [name];
    const visited = new Set(open);
    for (let at = open.at(-1); at !== undefined; at = open.at(-1)) {
      const next = masks.has(at)
        ? undefined
        : givenTo(operations.get(at)!).find((from) => operations.has(from) && !visited.has(from));
      if (next === undefined) {
        open.pop();
        if (!masks.has(at)) masks.set(at, madeBy(operations.get(at)!));
      } else {
        open.push(next);
        visited.add(next);
      }
    }
    return masks.get(name);
  };
  /** The same, where that of its arguments is known. */
  const madeBy = (entry: Json): WrittenMask | undefined => {
    const args = argumentsOf(entry);
    const [of, value] = [historyOf(args[0]), args[1]];
    if (entry.class_name === "NotEqual")
      return of && typeof value === "number" && args.length === 2
        ? [{ of, value, features: false }]
        : undefined;
    if (!madeOf.has(String(entry.class_name))) return undefined;
    const result = combined(givenTo(entry));
    // Any over the features of what was compared, as Masking does it.
    return entry.class_name === "Any" && result?.length === 1
      ? [{ ...result[0]!, features: true }]
      : result;
  };
  const combined = (given: readonly string[]) => {
    // Sums of one sequence and what was made of it have its mask many times over.
    const comparisons = new Map<string, WrittenMask[number]>();
    for (const from of given) {
      const entry = operations.get(from);
      // ZerosLike of a layer's output gives a mask the shape of features.
      if (entry && shapesOnly(entry)) continue;
      const part = entry && masks.get(from);
      if (!part) return undefined;
      for (const each of part) comparisons.set(JSON.stringify(each), each);
    }
    return comparisons.size > 0 ? [...comparisons.values()] : undefined;
  };
  const makesMask = (entry: Json) => maskOf(String(entry.name)) !== undefined || shapesOnly(entry);
  /** A call's mask, or the list of a model's that is called on several values, as comparisons; undefined: it is not made of these alone. */
  const written = (mask: unknown): unknown => {
    if (Array.isArray(mask)) {
      const masks = mask.map((each: unknown) => (each === null ? null : written(each)));
      return masks.some((each) => each !== null) && !masks.includes(undefined) ? masks : undefined;
    }
    const from = historyOf(mask)?.[0];
    const comparisons = from !== undefined && operations.has(from) ? maskOf(from) : undefined;
    return comparisons && { written: comparisons };
  };
  // What a layer that stays is given, and not as its mask, stays too.
  const given = new Set(outputs.map(([name]) => name));
  const stay = new Set<unknown>(
    layers.filter(
      (entry) => !isOperation(entry) || !makesMask(entry) || given.has(String(entry.name)),
    ),
  );
  // A set gives what is added while it is walked through.
  for (const entry of stay) {
    const calls = isObject(entry) && Array.isArray(entry.inbound_nodes) ? entry.inbound_nodes : [];
    for (const call of calls) {
      if (!isObject(call)) continue;
      const { mask, ...kwargs } = isObject(call.kwargs) ? call.kwargs : {};
      for (const name of namesIn([call.args, kwargs, written(mask) ? null : mask]))
        if (operations.has(name)) stay.add(operations.get(name));
    }
  }
  return layers.flatMap((entry) => {
    if (!stay.has(entry)) return [];
    if (isOperation(entry)) return [entry];
    if (!isObject(entry) || !Array.isArray(entry.inbound_nodes)) return [entry];
    const calls = entry.inbound_nodes.map((call: unknown) => {
      if (!isObject(call) || !isObject(call.kwargs)) return call;
      const mask = written(call.kwargs.mask);
      return mask ? { ...call, kwargs: { ...call.kwargs, mask } } : call;
    });
    return [{ ...entry, inbound_nodes: calls }];
  });
}

/** The layers whose outputs are among arguments. */
function namesIn(given: unknown): string[] {
  const history = historyOf(given);
  if (history) return [history[0]];
  return typeof given === "object" && given !== null ? Object.values(given).flatMap(namesIn) : [];
}

const shapesOnly = ({ class_name }: Json) => class_name === "ZerosLike" || class_name === "OnesLike"; // prettier-ignore

/** A call's arguments with what their masks refer to replaced. */
export function withMaskReferences(
  kwargs: Json,
  replace: (ref: TensorRef) => TensorRef,
): Readonly<Record<string, unknown>> {
  if (!maskNames.some((name) => kwargs[name])) return kwargs;
  const replaced = (mask: unknown): unknown => {
    const written = writtenMask(mask);
    if (written) return { written: written.map((each) => ({ ...each, of: replace(each.of) })) };
    if (isTensorRef(mask)) return replace(mask);
    return Array.isArray(mask) ? mask.map(replaced) : mask;
  };
  const entries = Object.entries(kwargs).map(([key, value]) => [key, maskNames.includes(key) ? replaced(value) : value]); // prettier-ignore
  return Object.fromEntries(entries) as Json;
}

/** The comparisons of a mask in a call's arguments where {@link withoutWrittenMasks} left them. */
export const writtenMask = (mask: unknown): WrittenMask | undefined =>
  isObject(mask) && "written" in mask ? (mask.written as WrittenMask) : undefined;
