// The bytes of an ONNX file → a model in memory. Weights are views of the file's bytes where these are
// aligned, else copies. Nothing in a file is trusted: sizes are checked before memory is allocated.
import { CajalError, checkArgument, checkOptions } from "@cajal/core";
import { dtypeOf } from "../model/elementType";
import type {
  Attribute,
  Container,
  Dim,
  Graph,
  Initializer,
  LocalFunction,
  Node,
  OnnxModel,
  StatedType,
  ValueInfo,
} from "../model/model";
import {
  tensorOf,
  type DecodeOptions,
  type ExternalData,
  type TensorOptions,
} from "./decodeTensor";
import { malformed, within } from "./malformed";
import type { Message, Messages } from "./message";
import { attributeTypes } from "./proto";
import { readMessage } from "./readMessage";

export type { DecodeOptions, ExternalData } from "./decodeTensor";

/**
 * Reads an ONNX file. Weights may be views of `bytes`, which must then not be changed.
 *
 * Everything that Cajal does not compute with is carried and written again: tensors of other element types,
 * operators of any domain, attributes of any kind, and unknown fields.
 *
 * @throws CajalError `bad-file` for a truncated or damaged file, or one that is not ONNX; `unsupported` for sparse
 *   initializers, and for external data without `options.externalData`
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): OnnxModel {
  checkArgument("decodeModel", "bytes", bytes, "bytes");
  checkOptions("decodeModel", options, { externalData: "function", inPlace: "boolean" });
  return decoded(bytes, options);
}

/** What of an ONNX file's tensors lies in other files, in their order. */
export function externalDataIn(bytes: Uint8Array): readonly ExternalData[] {
  const listed: ExternalData[] = [];
  decoded(bytes, { listed });
  return listed;
}

function decoded(bytes: Uint8Array, options: TensorOptions): OnnxModel {
  const proto = readMessage("ModelProto", bytes);
  if (!proto.graph) throw malformed("it has no graph");
  if (!proto.ir_version) throw malformed("it has no ir_version");
  if (!proto.opset_import?.length) throw malformed("it has no opset_import");
  const graph = graphOf(proto.graph, options);
  for (const { name, dtype } of [...graph.inputs, ...graph.outputs])
    if (dtype === "undefined")
      throw malformed(`input or output ${JSON.stringify(name)} of the graph has no type`);
  const optional = {
    producerVersion: proto.producer_version,
    domain: proto.domain,
    modelVersion: proto.model_version,
    description: proto.doc_string,
    functions: proto.functions && Array.from(proto.functions, (each) => functionOf(each, options)),
    rest: proto.rest,
  };
  return {
    irVersion: proto.ir_version,
    opsets: opsetsOf(proto.opset_import),
    producer: proto.producer_name ?? "",
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    graph,
    metadata: new Map(
      Array.from(proto.metadata_props ?? [], ({ key = "", value = "" }) => [key, value] as const),
    ),
  };
}

function opsetsOf(imports: Messages<"OperatorSetIdProto">): Record<string, number> {
  const opsets: Record<string, number> = {};
  for (const { domain = "", version = 0 } of imports) {
    if (!Number.isSafeInteger(version) || version < 0)
      throw malformed(`opset_import of ${JSON.stringify(domain)}: version ${version}`);
    const name = domain === "ai.onnx" ? "" : domain;
    if (Object.hasOwn(opsets, name) && opsets[name] !== version)
      throw malformed(`opset_import of ${JSON.stringify(domain)} is there twice`);
    define(opsets, name, version);
  }
  return opsets;
}

/** Not by assignment: a file may call anything "__proto__". */
function define<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

const unknownFieldsOf = ({ rest }: { readonly rest?: Uint8Array }) => (rest ? { rest } : {});

function graphOf(proto: Message<"GraphProto">, options: TensorOptions): Graph {
  const name = proto.name ?? "";
  const where = `graph ${JSON.stringify(name)}`;
  if (proto.sparse_initializer?.length)
    throw new CajalError("unsupported", `${where}: sparse initializers are not supported.`, {
      graph: name,
    });
  const initializers = new Map<string, Initializer>();
  for (const initializer of proto.initializer ?? []) {
    const key = initializer.name ?? "";
    if (initializers.has(key))
      throw malformed(`${where}: initializer ${JSON.stringify(key)} is there twice`);
    initializers.set(key, tensorOf(initializer, `initializer ${JSON.stringify(key)}`, options));
  }
  return {
    name,
    nodes: nodesOf(proto.node, options),
    initializers,
    inputs: infosOf(proto.input, `${where}, input`),
    outputs: infosOf(proto.output, `${where}, output`),
    values: valuesOf(proto.value_info, where),
    ...unknownFieldsOf(proto),
  };
}

const nodesOf = (list: Messages<"NodeProto"> | undefined, options: TensorOptions) => {
  let i = 0;
  return Array.from(list ?? [], (node) => nodeOf(node, i++, options));
};

/** What a file tells of the values between; those whose type it does not tell are not known. */
function valuesOf(list: Messages<"ValueInfoProto"> | undefined, where: string) {
  const values = new Map<string, ValueInfo>();
  for (const info of list ?? []) {
    const value = info.type && valueInfoOf(info, `${where}, value`);
    if (value) values.set(value.name, value);
  }
  return values;
}

/** Those of a graph inside a node need no types: the node gives them. */
function infosOf(list: Messages<"ValueInfoProto"> | undefined, where: string): ValueInfo[] {
  return Array.from(
    list ?? [],
    (info): ValueInfo =>
      valueInfoOf(info, where) ?? {
        name: info.name ?? "",
        dtype: "undefined",
        shape: undefined,
        ...unknownFieldsOf(info),
      },
  );
}

function functionOf(proto: Message<"FunctionProto">, options: TensorOptions): LocalFunction {
  const where = `function ${JSON.stringify(proto.name ?? "")}`;
  const optionsInFunction = { ...options, references: true };
  return {
    name: proto.name ?? "",
    domain: proto.domain === "ai.onnx" ? "" : (proto.domain ?? ""),
    ...(proto.overload ? { overload: proto.overload } : {}),
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    attributes: proto.attribute ?? [],
    defaults: attributesOf(proto.attribute_proto, where, optionsInFunction),
    nodes: nodesOf(proto.node, optionsInFunction),
    opsets: proto.opset_import ? opsetsOf(proto.opset_import) : {},
    values: valuesOf(proto.value_info, where),
    ...unknownFieldsOf(proto),
  };
}

interface InsideOptions extends TensorOptions {
  /** Whether attributes may refer to those of the function around. */
  readonly references?: boolean;
}

function nodeOf(proto: Message<"NodeProto">, i: number, options: InsideOptions): Node {
  const op = proto.op_type ?? "";
  const name = proto.name ?? "";
  const where = `node ${name ? JSON.stringify(name) : i} (${op})`;
  if (op === "") throw malformed(`${where} has no operator`);
  return {
    op,
    domain: proto.domain === "ai.onnx" ? "" : (proto.domain ?? ""),
    name,
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    attributes: attributesOf(proto.attribute, where, options),
    ...(proto.overload ? { overload: proto.overload } : {}),
    ...unknownFieldsOf(proto),
  };
}

function attributesOf(
  list: Messages<"AttributeProto"> | undefined,
  where: string,
  options: InsideOptions,
): Record<string, Attribute> {
  const attributes: Record<string, Attribute> = {};
  for (const attribute of list ?? []) {
    const key = attribute.name ?? "";
    if (Object.hasOwn(attributes, key))
      throw malformed(`${where}: attribute ${JSON.stringify(key)} is there twice`);
    define(
      attributes,
      key,
      attributeOf(attribute, `${where}, attribute ${JSON.stringify(key)}`, options),
    );
  }
  return attributes;
}

function attributeOf(
  proto: Message<"AttributeProto">,
  where: string,
  options: InsideOptions,
): Attribute {
  const { ints = [], strings = [] } = proto;
  const type = attributeType(proto);
  if (!type) throw malformed(`${where}: type ${proto.type} is none that ONNX has`);
  if (proto.ref_attr_name) {
    if (options.references) return { type: "reference", value: proto.ref_attr_name, of: type };
    throw malformed(`${where}: refers to an attribute of a function, outside of any`);
  }
  switch (type) {
    case "float":
      return { type, value: proto.f ?? 0 };
    case "int":
      return typeof proto.i === "bigint"
        ? { type, value: Number(proto.i), exact: proto.i }
        : { type, value: proto.i ?? 0 };
    case "string": {
      const { text, lossy } = textOf(proto.s ?? new Uint8Array());
      return lossy ? { type, value: text, bytes: proto.s! } : { type, value: text };
    }
    case "floats":
      return { type, value: Array.from(proto.floats ?? []) };
    case "ints":
      return ints.every((value): value is number => typeof value === "number")
        ? { type, value: ints }
        : { type, value: ints.map(Number), exact: ints.map(BigInt) };
    case "strings": {
      const texts = strings.map(textOf);
      const value = texts.map(({ text }) => text);
      return texts.some(({ lossy }) => lossy) ? { type, value, bytes: strings } : { type, value };
    }
    case "tensor":
      if (!proto.t) throw malformed(`${where}: its tensor is missing`);
      return { type, value: tensorOf(proto.t, where, options) };
    case "graph":
      if (!proto.g) throw malformed(`${where}: its graph is missing`);
      return { type, value: graphOf(proto.g, options) };
    default: {
      const value = proto[type as "tensors" | "type_proto"];
      return {
        type: type as "tensors",
        value: value === undefined ? [] : value instanceof Uint8Array ? [value] : value,
      };
    }
  }
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenientDecoder = new TextDecoder("utf-8", { ignoreBOM: true });

function textOf(given: Uint8Array): { text: string; lossy: boolean } {
  const bytes = given.slice(); // browsers decode no text in shared memory
  try {
    return { text: strictDecoder.decode(bytes), lossy: false };
  } catch {
    return { text: lenientDecoder.decode(bytes), lossy: true };
  }
}

/** Files of IR version 1 do not say the type: the field that is there tells it. */
function attributeType(proto: Message<"AttributeProto">): StatedType | undefined {
  const statedType = Object.entries(attributeTypes).find(([, type]) => type === proto.type);
  if (statedType) return statedType[0] as StatedType;
  if (proto.type) return undefined;
  if (proto.f !== undefined) return "float";
  if (proto.i !== undefined) return "int";
  if (proto.s !== undefined) return "string";
  if (proto.t) return "tensor";
  if (proto.g) return "graph";
  if (proto.floats?.length) return "floats";
  if (proto.strings?.length) return "strings";
  return "ints";
}

/** Undefined where the file does not tell the type. */
function valueInfoOf(proto: Message<"ValueInfoProto">, where: string): ValueInfo | undefined {
  const name = proto.name ?? "";
  const what = `${where} ${JSON.stringify(name)}`;
  if (!proto.type) return undefined;
  const { containers, element } = unwrapType(proto.type, what);
  // Type number 0 is that of a value whose type is not stated.
  if (!element?.elem_type) return undefined;
  return {
    name,
    dtype: within(what, () => dtypeOf(element.elem_type ?? 0)),
    shape:
      element.shape &&
      Array.from(element.shape.dim ?? [], ({ dim_value, dim_param }): Dim => {
        if (dim_value === undefined) return dim_param || undefined;
        // Some exporters write −1 for a free axis.
        return Number.isSafeInteger(dim_value) && dim_value >= 0 ? dim_value : undefined;
      }),
    ...(containers.length > 0 ? { containers } : {}),
    ...unknownFieldsOf(proto),
  };
}

/** The tensor type inside of sequences, optionals and maps. */
function unwrapType(type: Message<"TypeProto">, where: string) {
  const containers: Container[] = [];
  for (let at: Message<"TypeProto"> | undefined = type; at;) {
    if (at.tensor_type) return { containers, element: at.tensor_type };
    if (at.sparse_tensor_type) {
      containers.push("sparse");
      return { containers, element: at.sparse_tensor_type };
    }
    if (at.map_type) {
      const key = at.map_type.key_type ?? 0;
      containers.push(`map(${within(where, () => dtypeOf(key))})`);
      at = at.map_type.value_type;
    } else if (at.sequence_type || at.optional_type) {
      containers.push(at.sequence_type ? "sequence" : "optional");
      at = (at.sequence_type ?? at.optional_type)?.elem_type;
    } else at = undefined;
  }
  return { containers, element: undefined };
}
