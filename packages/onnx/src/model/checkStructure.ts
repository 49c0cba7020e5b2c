// Whether an object is a model at all: that every field is of its kind. What the types of TypeScript say is
// checked for those who write JavaScript, or take a graph from JSON; what a graph means is `checkModel`'s.
import { CajalError, checkTensor } from "@cajal/core";
import { elementTypes, isDType, type ElementType } from "./elementType";
import type { OnnxModel } from "./model";

/** Graphs inside nodes of graphs inside nodes: deeper than this is none that was meant. */
const deepest = 128;

/** Models that are checked, or were made here: a model goes through several functions, and does not change. */
const wellFormed = new WeakSet<object>();

/** Says that a model was made by code whose types hold. */
export function asWellFormed(model: OnnxModel): OnnxModel {
  wellFormed.add(model);
  return model;
}

/** What the checks of models consist of; each refuses a value with the place where it stands. */
function checksFor(where: string) {
  const fail = (at: string, got: unknown, expected: string): never => {
    throw new CajalError(
      "bad-model",
      `${where ? `${where}: ` : ""}${at}: got ${shown(got)}, expected ${expected}.`,
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
  const whole = (value: unknown, at: string) => {
    if (!Number.isSafeInteger(value)) fail(at, value, "a whole number");
  };
  const list = (value: unknown, at: string): readonly unknown[] =>
    Array.isArray(value) ? value : fail(at, value, "a list");
  const texts = (value: unknown, at: string) => {
    for (const one of list(value, at)) text(one, at);
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
    const { dtype, shape, data } = object(value, at);
    if (!knownTypes.has(dtype as ElementType))
      fail(`${at}, dtype`, dtype, "an element type of ONNX");
    if (isDType(dtype as ElementType))
      return checkTensor(value as Parameters<typeof checkTensor>[0], at);
    for (const extent of list(shape, `${at}, shape`)) {
      whole(extent, `${at}, shape`);
      if ((extent as number) < 0) fail(`${at}, shape`, extent, "extents of at least 0");
    }
    if (dtype === "string") for (const one of list(data, `${at}, data`)) bytes(one, `${at}, data`);
    else bytes(data, `${at}, data`);
  }
  return { fail, object, text, whole, list, texts, map, bytes, optional, initializer };
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
  const { fail, object, text, whole, list, texts, map, bytes, optional, initializer } =
    checksFor(where);

  const root = object(model, "the model");
  whole(root.irVersion, "irVersion");
  text(root.producer, "producer");
  optional(root.producerVersion, text, "producerVersion");
  optional(root.domain, text, "domain");
  optional(root.modelVersion, whole, "modelVersion");
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
    for (const version of Object.values(object(value, at))) whole(version, at);
  }

  function localFunction(value: unknown) {
    const of = object(value, "a function");
    const at = `function ${shown(of.name)}`;
    text(of.name, at);
    text(of.domain, `${at}, domain`);
    optional(of.overload, text, `${at}, overload`);
    optional(of.rest, bytes, `${at}, rest`);
    for (const field of ["inputs", "outputs", "attributes"]) texts(of[field], `${at}, ${field}`);
    for (const one of Object.values(object(of.defaults, `${at}, defaults`))) attribute(one, at, 0);
    for (const one of list(of.nodes, `${at}, nodes`)) node(one, 0);
    opsets(of.opsets, `${at}, opsets`);
    values(of.values, `${at}, values`);
  }

  function graph(value: unknown, at: string, depth: number) {
    if (depth > deepest) fail(at, "graphs within graphs", `at most ${deepest} of them`);
    const of = object(value, at);
    text(of.name, `${at}, name`);
    optional(of.rest, bytes, `${at}, rest`);
    for (const one of list(of.nodes, `${at}, nodes`)) node(one, depth);
    for (const [name, one] of map(of.initializers, `${at}, initializers`)) {
      text(name, `${at}, initializers`);
      initializer(one, `initializer ${shown(name)}`);
    }
    for (const field of ["inputs", "outputs"])
      for (const one of list(of[field], `${at}, ${field}`)) valueInfo(one, `${at}, ${field}`);
    values(of.values, `${at}, values`);
  }

  function values(value: unknown, at: string) {
    for (const [name, one] of map(value, at)) {
      text(name, at);
      valueInfo(one, at);
    }
  }

  function valueInfo(value: unknown, at: string) {
    const of = object(value, at);
    text(of.name, `${at}, name`);
    const here = `value ${shown(of.name)}`;
    if (of.dtype !== "undefined" && !knownTypes.has(of.dtype as ElementType))
      fail(`${here}, dtype`, of.dtype, "an element type of ONNX");
    optional(of.containers, texts, `${here}, containers`);
    optional(of.rest, bytes, `${here}, rest`);
    if (of.shape === undefined) return;
    for (const dim of list(of.shape, `${here}, shape`))
      if (dim !== undefined && typeof dim !== "string" && !Number.isSafeInteger(dim))
        fail(`${here}, shape`, dim, "whole numbers, names, or undefined");
  }

  function node(value: unknown, depth: number) {
    const of = object(value, "a node");
    text(of.op, "a node, op");
    text(of.domain, "a node, domain");
    text(of.name, "a node, name");
    optional(of.overload, text, "a node, overload");
    optional(of.rest, bytes, "a node, rest");
    texts(of.inputs, "a node, inputs");
    texts(of.outputs, "a node, outputs");
    for (const [name, one] of Object.entries(object(of.attributes, "a node, attributes")))
      attribute(one, `node ${shown(of.op)}, attribute ${shown(name)}`, depth);
  }

  function attribute(json: unknown, at: string, depth: number) {
    const { type, value, exact, bytes: raw, of } = object(json, at);
    const each = (check: (value: unknown) => boolean, expected: string) => {
      for (const one of list(value, at)) if (!check(one)) fail(at, one, expected);
    };
    switch (type) {
      case "float":
        return typeof value === "number" ? undefined : fail(at, value, "a number");
      case "int":
        optional(exact, (one) => typeof one === "bigint" || fail(at, one, "a bigint"), at);
        // Beyond 2⁵³ it is the nearest number.
        return Number.isInteger(value) ? undefined : fail(at, value, "a whole number");
      case "string":
        optional(raw, bytes, at);
        return text(value, at);
      case "reference":
        text(of, at);
        return text(value, at);
      case "tensor":
        return initializer(value, at);
      case "graph":
        return graph(value, at, depth + 1);
      case "floats":
        return each((one) => typeof one === "number", "numbers");
      case "ints":
        for (const one of exact === undefined ? [] : list(exact, at))
          if (typeof one !== "bigint") fail(at, one, "bigints");
        return each(Number.isInteger, "whole numbers");
      case "strings":
        for (const one of raw === undefined ? [] : list(raw, at)) bytes(one, at);
        return each((one) => typeof one === "string", "texts");
      case "tensors":
      case "graphs":
      case "sparse_tensor":
      case "sparse_tensors":
      case "type_proto":
      case "type_protos":
        for (const one of list(value, at)) bytes(one, at);
        return;
      default:
        fail(`${at}, type`, type, "a type of attribute");
    }
  }
}

const knownTypes: ReadonlySet<ElementType> = new Set(elementTypes);

const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
};
