// Whether an object is a model at all: that every field is of its kind. What the types of TypeScript say is
// checked for those who write JavaScript, or take a graph from JSON; what a graph means is `checkModel`'s.
import { CajalError, checkTensor } from "@cajal/core";
import { elementTypes, isDType, type ElementType } from "./elementType";
import { isLazy } from "./lazyTensor";
import type { OnnxModel } from "./model";

/** Graphs inside nodes of graphs inside nodes: deeper than this is none that was meant. */
const maxDepth = 128;

/** Models that are checked, or were made here: a model goes through several functions, and does not change. */
const wellFormed = new WeakSet<object>();

/** Says that a model was made by code whose types hold. */
export function checkedModel(model: OnnxModel): OnnxModel {
  wellFormed.add(model);
  return model;
}

/** What the checks of models consist of; each refuses a value with the place where it stands. */
function checksFor(where: string) {
  const fail = (at: string, got: unknown, expected: string): never => {
    throw new CajalError(
      "bad-model",
      `${where ? `${where}: ` : ""}${at}: got ${showName(got)}, expected ${expected}.`,
      {
        at,
      },
    );
  };
  const object = (value: unknown, at: string): Fields =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : fail(at, value, "an object");
  const text = (value: unknown, at: string) => {
    if (typeof value !== "string") fail(at, value, "a text");
  };
  const integer = (value: unknown, at: string) => {
    if (!Number.isSafeInteger(value)) fail(at, value, "a whole number");
  };
  const list = (value: unknown, at: string): readonly unknown[] =>
    Array.isArray(value) ? value : fail(at, value, "a list");
  const texts = (value: unknown, at: string) => {
    for (const item of list(value, at)) text(item, at);
  };
  const map = (value: unknown, at: string): ReadonlyMap<unknown, unknown> =>
    Object.prototype.toString.call(value) === "[object Map]"
      ? (value as ReadonlyMap<unknown, unknown>)
      : fail(at, value, "a Map");
  const bytes = (value: unknown, at: string) => {
    if (Object.prototype.toString.call(value) !== "[object Uint8Array]") fail(at, value, "bytes");
  };
  const optional = (value: unknown, check: (value: unknown, at: string) => void, at: string) => {
    if (value !== undefined) check(value, at);
  };
  function initializer(value: unknown, at: string) {
    if (isLazy(object(value, at))) return;
    const { dtype, shape, data } = object(value, at);
    if (!knownTypes.has(dtype as ElementType))
      fail(`${at}, dtype`, dtype, "an element type of ONNX");
    if (isDType(dtype as ElementType))
      return checkTensor(value as Parameters<typeof checkTensor>[0], at);
    for (const extent of list(shape, `${at}, shape`)) {
      integer(extent, `${at}, shape`);
      if ((extent as number) < 0) fail(`${at}, shape`, extent, "extents of at least 0");
    }
    if (dtype === "string")
      for (const item of list(data, `${at}, data`)) bytes(item, `${at}, data`);
    else bytes(data, `${at}, data`);
  }
  return { fail, object, text, integer, list, texts, map, bytes, optional, initializer };
}

type Fields = Record<string, unknown>;

/**
 * Refuses what is no constant of a graph.
 *
 * @param at what to call it in the message
 * @throws CajalError `bad-model`; `bad-shape`, `bad-argument` where data, type and shape do not belong together
 */
export const checkInitializer = (value: unknown, at: string): void =>
  checksFor("").initializer(value, at);

/**
 * @param where the function that the model was given to, for the message
 * @throws CajalError `bad-model` naming the field, what was got and what was expected
 */
export function checkStructure(model: unknown, where: string): asserts model is OnnxModel {
  if (typeof model === "object" && model !== null && wellFormed.has(model)) return;
  const { fail, object, text, integer, list, texts, map, bytes, optional, initializer } =
    checksFor(where);

  const root = object(model, "the model");
  integer(root.irVersion, "irVersion");
  text(root.producer, "producer");
  optional(root.producerVersion, text, "producerVersion");
  optional(root.domain, text, "domain");
  optional(root.modelVersion, integer, "modelVersion");
  optional(root.description, text, "description");
  optional(root.rest, bytes, "rest");
  opsets(root.opsets, "opsets");
  for (const [key, value] of map(root.metadata, "metadata")) {
    text(key, "metadata");
    text(value, "metadata");
  }
  graph(root.graph, "graph", 0);
  if (root.functions !== undefined)
    for (const value of list(root.functions, "functions")) localFunction(value);
  wellFormed.add(root);

  function opsets(value: unknown, at: string) {
    for (const version of Object.values(object(value, at))) integer(version, at);
  }

  function localFunction(value: unknown) {
    const record = object(value, "a function");
    const at = `function ${showName(record.name)}`;
    text(record.name, at);
    text(record.domain, `${at}, domain`);
    optional(record.overload, text, `${at}, overload`);
    optional(record.rest, bytes, `${at}, rest`);
    for (const field of ["inputs", "outputs", "attributes"])
      texts(record[field], `${at}, ${field}`);
    for (const item of Object.values(object(record.defaults, `${at}, defaults`)))
      attribute(item, at, 0);
    for (const item of list(record.nodes, `${at}, nodes`)) node(item, 0);
    opsets(record.opsets, `${at}, opsets`);
    values(record.values, `${at}, values`);
  }

  function graph(value: unknown, at: string, depth: number) {
    if (depth > maxDepth) fail(at, "graphs within graphs", `at most ${maxDepth} of them`);
    const record = object(value, at);
    text(record.name, `${at}, name`);
    optional(record.rest, bytes, `${at}, rest`);
    for (const item of list(record.nodes, `${at}, nodes`)) node(item, depth);
    for (const [name, item] of map(record.initializers, `${at}, initializers`)) {
      text(name, `${at}, initializers`);
      initializer(item, `initializer ${showName(name)}`);
    }
    for (const field of ["inputs", "outputs"])
      for (const item of list(record[field], `${at}, ${field}`)) valueInfo(item, `${at}, ${field}`);
    values(record.values, `${at}, values`);
  }

  function values(value: unknown, at: string) {
    for (const [name, item] of map(value, at)) {
      text(name, at);
      valueInfo(item, at);
    }
  }

  function valueInfo(value: unknown, at: string) {
    const record = object(value, at);
    text(record.name, `${at}, name`);
    const here = `value ${showName(record.name)}`;
    if (record.dtype !== "undefined" && !knownTypes.has(record.dtype as ElementType))
      fail(`${here}, dtype`, record.dtype, "an element type of ONNX");
    optional(record.containers, texts, `${here}, containers`);
    optional(record.rest, bytes, `${here}, rest`);
    if (record.shape === undefined) return;
    for (const dim of list(record.shape, `${here}, shape`))
      if (dim !== undefined && typeof dim !== "string" && !Number.isSafeInteger(dim))
        fail(`${here}, shape`, dim, "whole numbers, names, or undefined");
  }

  function node(value: unknown, depth: number) {
    const record = object(value, "a node");
    text(record.op, "a node, op");
    text(record.domain, "a node, domain");
    text(record.name, "a node, name");
    optional(record.overload, text, "a node, overload");
    optional(record.rest, bytes, "a node, rest");
    texts(record.inputs, "a node, inputs");
    texts(record.outputs, "a node, outputs");
    for (const [name, item] of Object.entries(object(record.attributes, "a node, attributes")))
      attribute(item, `node ${showName(record.op)}, attribute ${showName(name)}`, depth);
  }

  function attribute(json: unknown, at: string, depth: number) {
    const { type, value, exact, bytes: raw, of: record } = object(json, at);
    const each = (check: (value: unknown) => boolean, expected: string) => {
      for (const item of list(value, at)) if (!check(item)) fail(at, item, expected);
    };
    switch (type) {
      case "float":
        return typeof value === "number" ? undefined : fail(at, value, "a number");
      case "int":
        optional(exact, (item) => typeof item === "bigint" || fail(at, item, "a bigint"), at);
        // Beyond 2⁵³ it is the nearest number.
        return Number.isInteger(value) ? undefined : fail(at, value, "a whole number");
      case "string":
        optional(raw, bytes, at);
        return text(value, at);
      case "reference":
        text(record, at);
        return text(value, at);
      case "tensor":
        return initializer(value, at);
      case "graph":
        return graph(value, at, depth + 1);
      case "floats":
        return each((item) => typeof item === "number", "numbers");
      case "ints":
        for (const item of exact === undefined ? [] : list(exact, at))
          if (typeof item !== "bigint") fail(at, item, "bigints");
        return each(Number.isInteger, "whole numbers");
      case "strings":
        for (const item of raw === undefined ? [] : list(raw, at)) bytes(item, at);
        return each((item) => typeof item === "string", "texts");
      case "tensors":
      case "graphs":
      case "sparse_tensor":
      case "sparse_tensors":
      case "type_proto":
      case "type_protos":
        for (const item of list(value, at)) bytes(item, at);
        return;
      default:
        fail(`${at}, type`, type, "a type of attribute");
    }
  }
}

const knownTypes: ReadonlySet<ElementType> = new Set(elementTypes);

const showName = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
};
