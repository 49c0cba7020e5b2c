// A model in memory → the bytes of an ONNX file.
import { checkStructure } from "../model/checkStructure";
import { bytesOf as tensorBytes, CajalError, checkOptions, checkArgument } from "@cajal/core";
import { dataTypeOf, type ElementType } from "../model/elementType";
import {
  isCarried,
  type Attribute,
  type Container,
  type Graph,
  type Initializer,
  type LocalFunction,
  type Node,
  type OnnxModel,
  type ValueInfo,
} from "../model/model";
import { attributeTypes, external } from "./proto";
import type { Message } from "./message";
import { writeMessage, type Parts } from "./writeMessage";

/** Limit of a Protocol Buffers message in bytes. */
const maxLength = 2 ** 31 - 1;

/**
 * The bytes of an ONNX file. Copies all weights: for large models see {@link encodeModelParts}.
 *
 * @throws CajalError `unsupported` over 2 GB: see {@link encodeModelWithExternalData}
 */
export function encodeModel(model: OnnxModel): Uint8Array {
  return concatenate(encode(model, tensorProto));
}

/**
 * The bytes of an ONNX file in pieces, to be written one after the other. Weights are views of the tensors' own
 * memory, so that a large model is not in memory twice.
 *
 * @throws CajalError `unsupported` over 2 GB: see {@link encodeModelWithExternalData}
 */
export function encodeModelParts(model: OnnxModel): readonly Uint8Array[] {
  return encode(model, tensorProto).parts;
}

/** A tensor in the file of external data. */
export interface ExternalEntry {
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
  readonly tensor: Exclude<Initializer, { dtype: "string" }>;
}

export interface ExternalDataOptions {
  /** Path of the second file, relative to the model's and within its folder. */
  readonly location: string;
  /** Tensors of at least this many bytes become external, but for lists of int64. Default 1024, as in the onnx package. */
  readonly threshold?: number;
}

/**
 * A model in two files: the model's own, and one with its large tensors, each aligned to 4096
 * bytes so that it can be mapped into memory. ONNX files of more than 2 GB must be like this.
 *
 * @throws CajalError `bad-argument` for a location that leaves the folder
 */
export function encodeModelWithExternalData(
  model: OnnxModel,
  options: ExternalDataOptions,
): {
  readonly model: readonly Uint8Array[];
  readonly data: readonly Uint8Array[];
  readonly entries: readonly ExternalEntry[];
} {
  checkOptions("encodeModelWithExternalData", options, {
    location: "string",
    threshold: { least: 0 },
  });
  const { location, threshold = 1024 } = options;
  checkLocation(location);
  const entries: ExternalEntry[] = [];
  let end = 0;
  const { parts } = encode(model, (name, tensor) => {
    if (tensor.dtype === "string" || isList(tensor) || lengthOf(tensor) < threshold)
      return tensorProto(name, tensor);
    const offset = Math.ceil(end / alignment) * alignment;
    const length = lengthOf(tensor);
    entries.push({ name, offset, length, tensor });
    end = offset + length;
    return externalProto(name, tensor, { location, offset, length });
  });
  return {
    model: parts,
    entries,
    get data() {
      let at = 0;
      return entries.flatMap(({ offset, length, tensor }) => {
        const padding = new Uint8Array(offset - at);
        at = offset + length;
        return padding.length > 0 ? [padding, bytesIn(tensor)] : [bytesIn(tensor)];
      });
    },
  };
}

/**
 * A model, and its large tensors, each as a file that exists in memory only: the form of ONNX Runtime's session
 * option `externalData`. Nothing is copied: `data` are views.
 */
export function encodeModelForMemory(
  model: OnnxModel,
  options: {
    /** Tensors of at least this many bytes become external, but for lists of int64; default 1024. */
    readonly threshold?: number;
  } = {},
): {
  readonly model: Uint8Array;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
} {
  checkOptions("encodeModelForMemory", options, { threshold: { least: 0 } });
  const { threshold = 1024 } = options;
  const externalData: { path: string; data: Uint8Array }[] = [];
  const outermost: WriteInitializer = (name, tensor) => {
    if (tensor.dtype === "string" || isList(tensor) || lengthOf(tensor) < threshold)
      return tensorProto(name, tensor);
    const path = `tensor${externalData.length}`;
    const data = bytesIn(tensor);
    externalData.push({ path, data });
    return externalProto(name, tensor, { location: path, offset: 0, length: data.length });
  };
  // ONNX Runtime (1.30) looks for those of graphs within the graph on disk.
  const encoded = encode(model, outermost, tensorProto);
  return { model: concatenate(encoded), externalData };
}

/**
 * Whether a tensor is a list of whole numbers, which stays in the model's own bytes: ONNX Runtime (1.30) does not look
 * for the sizes of a Split elsewhere, and refuses such a graph.
 */
const isList = ({ dtype, shape }: Initializer): boolean => dtype === "int64" && shape.length === 1;

const alignment = 4096;

/** Refuses a path that is absolute or leaves its folder. */
export function checkLocation(location: string): void {
  checkArgument("external data", "location", location, "string");
  const steps = location.split(/[\\/]/);
  if (
    location === "" ||
    location.includes("\0") ||
    /^([\\/]|[A-Za-z]:)/.test(location) ||
    steps.includes("..")
  )
    throw new CajalError(
      "bad-argument",
      `external data: got location ${JSON.stringify(location)}, expected a path inside the model's folder.`,
      { location },
    );
}

type WriteInitializer = (name: string, tensor: Initializer) => Message<"TensorProto">;

/** @param nested for graphs within the graph; default: the same */
function encode(
  model: OnnxModel,
  initializer: WriteInitializer,
  nested: WriteInitializer = initializer,
): Parts {
  checkStructure(model, "encodeModel");
  const message = writeMessage("ModelProto", {
    ir_version: model.irVersion,
    producer_name: model.producer,
    producer_version: model.producerVersion,
    domain: model.domain,
    model_version: model.modelVersion,
    doc_string: model.description,
    graph: graphProto(model.graph, initializer, nested),
    opset_import: opsetImport(model.opsets),
    metadata_props: [...model.metadata].map(([key, value]) => ({ key, value })),
    functions: model.functions?.map((each) => functionProto(each, nested)),
    ...unknownFieldsOf(model),
  });
  if (message.length > maxLength)
    throw new CajalError(
      "unsupported",
      `a model of ${message.length} bytes does not fit one ONNX file, which holds 2 GB: write it with external data.`,
      { length: message.length },
    );
  return message;
}

const unknownFieldsOf = ({ rest }: { readonly rest?: Uint8Array | undefined }) =>
  rest ? { rest } : {};

const opsetImport = (opsets: OnnxModel["opsets"]) =>
  Object.entries(opsets).map(([domain, version]) => ({ domain, version }));

function functionProto(
  localFunction: LocalFunction,
  initializer: WriteInitializer,
): Message<"FunctionProto"> {
  return {
    name: localFunction.name,
    input: localFunction.inputs,
    output: localFunction.outputs,
    attribute: localFunction.attributes,
    node: localFunction.nodes.map((node) => nodeProto(node, initializer)),
    opset_import: opsetImport(localFunction.opsets),
    domain: localFunction.domain || undefined,
    attribute_proto: attributeProtos(localFunction.defaults, initializer),
    value_info: [...localFunction.values.values()].map(valueInfoProto),
    overload: localFunction.overload,
    ...unknownFieldsOf(localFunction),
  };
}

function graphProto(
  graph: Graph,
  initializer: WriteInitializer,
  nested: WriteInitializer,
): Message<"GraphProto"> {
  return {
    node: graph.nodes.map((node) => nodeProto(node, nested)),
    name: graph.name,
    initializer: [...graph.initializers].map(([name, tensor]) => initializer(name, tensor)),
    input: graph.inputs.map(valueInfoProto),
    output: graph.outputs.map(valueInfoProto),
    value_info: [...graph.values.values()].map(valueInfoProto),
    ...unknownFieldsOf(graph),
  };
}

function nodeProto(node: Node, initializer: WriteInitializer): Message<"NodeProto"> {
  return {
    input: node.inputs,
    output: node.outputs,
    name: node.name || undefined,
    op_type: node.op,
    attribute: attributeProtos(node.attributes, initializer),
    domain: node.domain || undefined,
    overload: node.overload,
    ...unknownFieldsOf(node),
  };
}

function attributeProtos(
  attributes: Node["attributes"],
  initializer: WriteInitializer,
): Message<"AttributeProto">[] {
  return Object.entries(attributes).map(([name, attribute]) => ({
    name,
    type: attributeTypes[attribute.type === "reference" ? attribute.of : attribute.type],
    ...attributeValue(attribute, initializer),
  }));
}

function attributeValue(
  attribute: Attribute,
  initializer: WriteInitializer,
): Message<"AttributeProto"> {
  switch (attribute.type) {
    case "float":
      return { f: attribute.value };
    case "int":
      return { i: attribute.exact ?? attribute.value };
    case "string":
      return { s: attribute.bytes ?? utf8(attribute.value) };
    case "tensor":
      return { t: tensorProto("", attribute.value) };
    case "graph":
      return { g: graphProto(attribute.value, initializer, initializer) };
    case "floats":
      return { floats: attribute.value };
    case "ints":
      return { ints: attribute.exact ?? attribute.value };
    case "strings":
      return { strings: attribute.bytes ?? attribute.value.map(utf8) };
    case "reference":
      return { ref_attr_name: attribute.value };
    case "sparse_tensor":
    case "type_proto":
      return { [attribute.type]: attribute.value[0] };
    default:
      return { [attribute.type]: attribute.value };
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text);

function valueInfoProto(info: ValueInfo): Message<"ValueInfoProto"> {
  const type = info.dtype === "undefined" ? undefined : typeProto(info, info.containers ?? []);
  return { name: info.name, type, ...unknownFieldsOf(info) };
}

function typeProto(
  info: ValueInfo,
  [outermost, ...inner]: readonly Container[],
): Message<"TypeProto"> {
  if (outermost === undefined) return { tensor_type: tensorTypeProto(info) };
  if (outermost === "sparse") return { sparse_tensor_type: tensorTypeProto(info) };
  const type = typeProto(info, inner);
  if (outermost === "sequence") return { sequence_type: { elem_type: type } };
  if (outermost === "optional") return { optional_type: { elem_type: type } };
  const key = outermost.slice("map(".length, -1) as ElementType;
  return { map_type: { key_type: dataTypeOf(key), value_type: type } };
}

const tensorTypeProto = ({ dtype, shape }: ValueInfo): Message<"TensorTypeProto"> => ({
  elem_type: dataTypeOf(dtype),
  shape: shape && {
    dim: shape.map((extent) =>
      typeof extent === "number" ? { dim_value: extent } : { dim_param: extent },
    ),
  },
});

function tensorProto(name: string, tensor: Initializer): Message<"TensorProto"> {
  const head = {
    name: name || undefined,
    dims: tensor.shape,
    data_type: dataTypeOf(tensor.dtype),
  };
  return tensor.dtype === "string"
    ? { ...head, string_data: tensor.data }
    : { ...head, raw_data: bytesIn(tensor) };
}

function externalProto(
  name: string,
  { dtype, shape }: Initializer,
  dataLocation: { readonly location: string; readonly offset: number; readonly length: number },
): Message<"TensorProto"> {
  return {
    name,
    dims: shape,
    data_type: dataTypeOf(dtype),
    external_data: Object.entries(dataLocation).map(([key, value]) => ({
      key,
      value: String(value),
    })),
    data_location: external,
  };
}

function concatenate({ parts, length }: Parts): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** A tensor's memory; ONNX is little-endian, as is every machine that runs JavaScript engines today. */
/** Length of a tensor's numbers in bytes; does not compute them where they are lazy. */
export const lengthOf = (tensor: Exclude<Initializer, { dtype: "string" }>): number =>
  isCarried(tensor) ? tensor.data.byteLength : tensorBytes(tensor);

function bytesIn({ data }: Exclude<Initializer, { dtype: "string" }>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
