// References of a model's JSON to calls of its layers. Keras 2 and TF.js write a call as a list of
// [layer, call, output, keyword arguments], Keras 3 as { args, kwargs } with tensors in them.
import { CajalError } from "@cajal/core";
import type { InboundRef, TensorRef } from "./config";
import { isObject, listOf, objectOf } from "./json";
import { maskNames, writtenMask } from "./writtenMasks";
import { showConfigValue } from "../layers/definition/shown";

/** A layer's calls, and whether one of them is in the form of Keras 3. */
export function readCalls(
  json: unknown,
  where: string,
): { readonly calls: readonly InboundRef[][]; readonly keras3: boolean } {
  const nodes = listOf(json ?? [], where);
  // Old files write one call's inputs without the list of calls around them.
  const flat = nodes.length > 0 && nodes.every((node) => Array.isArray(node) && isRef(node));
  const calls = (flat ? [nodes] : nodes)
    .map((node) => readCall(node, where))
    .filter((node) => node.length > 0);
  return { calls, keras3: nodes.some((node) => !Array.isArray(node)) };
}

/** References of a model's `input_layers` or `output_layers`. */
export function readRefs(json: unknown, where: string): TensorRef[] {
  // Newer Keras leaves the outer list away where there is one, and writes dicts for named ones.
  if (Array.isArray(json) && isRef(json)) return [readRef(json, where)];
  const list = Array.isArray(json) ? json : valuesByKey(objectOf(json, where));
  // Outputs may lie in lists and dicts within: those of a recurrent layer of several cells with their states.
  return list.flatMap((ref: unknown) =>
    isNest(ref) ? readRefs(ref, where) : [readRef(ref, where)],
  );
}

const isNest = (json: unknown): boolean =>
  isObject(json) ||
  (Array.isArray(json) && json.length > 0 && json.every((each) => typeof each === "object"));

/** What a dict has, in the order in which Keras lists it: that of its keys (`tree.flatten`). */
const valuesByKey = (dict: object): unknown[] =>
  Object.entries(dict)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]): unknown => value);

function readCall(json: unknown, where: string): InboundRef[] {
  if (Array.isArray(json)) return json.flatMap((ref: unknown) => readInbound(ref, where));
  const { args, kwargs } = objectOf(json, where);
  const entries = Object.entries(objectOf(kwargs ?? {}, where));
  const otherEntries = entries
    .filter(([key]) => !inputNames.includes(key))
    .map(([key, value]) => [key, maskNames.includes(key) ? maskReferences(value) : value] as const);
  const tensors = kerasTensors(args, where);
  for (const name of inputNames)
    for (const [key, value] of entries)
      if (key === name) tensors.push(...kerasTensors(value, where));
  return tensors.map(([layer, node, tensor]) => [
    layer,
    node,
    tensor,
    Object.fromEntries(otherEntries),
  ]);
}

/** Masks in a call, tensors of Keras 3, as the references that Keras 2 writes: one, or a list. */
function maskReferences(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(maskReferences);
  if (!isObject(json) || writtenMask(json)) return json;
  if (isDict(json)) return valuesByKey(json).map(maskReferences);
  const config: unknown = json["config"];
  return isObject(config) && Array.isArray(config.keras_history) ? config.keras_history : json;
}

/** Whether it is a dict of arguments, as a model of named inputs is called with, and no object of Keras. */
const isDict = (json: unknown): boolean => isObject(json) && !("class_name" in json);

/** All tensors of Keras 3's arguments, in order. */
function kerasTensors(json: unknown, where: string): TensorRef[] {
  if (Array.isArray(json)) return json.flatMap((each: unknown) => kerasTensors(each, where));
  if (json === null || json === undefined) return [];
  if (isDict(json))
    return valuesByKey(objectOf(json, where)).flatMap((each) => kerasTensors(each, where));
  const config = typeof json === "object" && "config" in json ? json.config : undefined;
  if (typeof config !== "object" || config === null || !("keras_history" in config))
    throw new CajalError(
      "unsupported",
      `${where}: got the argument ${showConfigValue(json)}, expected tensors alone.`,
      { where, got: json },
    );
  return [readRef(config.keras_history, where)];
}

function readInbound(json: unknown, where: string): InboundRef[] {
  const [layer, node, tensor] = readRef(json, where);
  const keywordArguments = objectOf((Array.isArray(json) ? json[3] : undefined) ?? {}, where);
  if (Object.keys(keywordArguments).length === 0) return [[layer, node, tensor, {}]];
  // Keras 2 has tensors among the keyword arguments too: { value: ["encoder", 0, 0] }.
  const otherInputs = inputNames.flatMap((name) => {
    const value = keywordArguments[name];
    return Array.isArray(value) && isRef(value) ? [{ name, ref: readRef(value, where) }] : [];
  });
  const kwargs = Object.fromEntries(
    Object.entries(keywordArguments).filter(
      ([key]) => !otherInputs.some(({ name }) => name === key),
    ),
  );
  return [
    [layer, node, tensor, kwargs],
    ...otherInputs.map(({ ref }): InboundRef => [...ref, kwargs]),
  ];
}

/**
 * Keyword arguments that are inputs like any other, in the order in which their layers take them: the states
 * that a recurrent layer starts from, and what attention is given.
 */
const inputNames = ["inputs", "query", "value", "key", "initial_state"];

/** Whether it refers to an output of a call: [layer, call, output, …]. */
export const isRef = (json: readonly unknown[]): boolean =>
  typeof json[0] === "string" && typeof json[1] === "number";

export function readRef(json: unknown, where: string): TensorRef {
  const [layer, node, tensor]: unknown[] = Array.isArray(json) ? json : [];
  if (typeof layer === "string" && isIndex(node) && isIndex(tensor)) return [layer, node, tensor];
  throw new CajalError(
    "bad-model",
    `${where}: got ${showConfigValue(json)}, expected [layer, call, output], the last two whole numbers from 0.`,
    { where, got: json },
  );
}

const isIndex = (json: unknown): json is number => Number.isSafeInteger(json) && Number(json) >= 0;
