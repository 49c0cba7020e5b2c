// The bytes of an ONNX file → a model in memory. Weights are views of the file's bytes where they
// lie aligned, copies where not. Nothing in a file is trusted: sizes are checked before memory is
// taken for them.
import {
  CajalError,
  isCajalError,
  tensor,
  type DType,
  type Tensor,
  type TypedArrays,
} from "@cajal/core";
import { checkLocation } from "./encode";
import { dtypeOf } from "../model/dataType";
import type {
  Attribute,
  AttributeType,
  Dim,
  Graph,
  Node,
  OnnxModel,
  ValueInfo,
} from "../model/model";
import { attributeTypes, external } from "./proto";
import { readMessage, type Message } from "./wire";

/** A tensor that lies in another file. */
export interface ExternalData {
  /** Name of the tensor. */
  readonly tensor: string;
  /** Path of the file, relative to the model's; never one that leaves its folder. */
  readonly location: string;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
}

export interface DecodeOptions {
  /** The bytes of a tensor that lies in another file, exactly `length` of them; they may be filled in later. */
  readonly externalData?: (data: ExternalData) => Uint8Array;
  /**
   * Whether `bytes` may be changed: weights that lie unaligned are then moved by some bytes within
   * them, and take no memory of their own. `bytes` is no ONNX file any more afterwards.
   */
  readonly inPlace?: boolean;
}

/**
 * Reads an ONNX file. Weights may be views of `bytes`, which must then not be changed.
 *
 * @throws CajalError `bad-file` for what is truncated, damaged or no ONNX at all; `unsupported` for
 *   element types (bfloat16, strings …) and values (sequences, maps) that Cajal does not hold, and
 *   for external data without `options.externalData`
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): OnnxModel {
  const proto = readMessage("ModelProto", bytes);
  if (!proto.graph) throw bad("it has no graph");
  if (!proto.ir_version) throw bad("it has no ir_version");
  if (!proto.opset_import?.length) throw bad("it has no opset_import");
  const opsets: Record<string, number> = {};
  for (const { domain = "", version = 0 } of proto.opset_import) {
    if (!Number.isSafeInteger(version) || version < 0)
      throw bad(`opset_import of ${JSON.stringify(domain)}: version ${version}`);
    const name = domain === "ai.onnx" ? "" : domain;
    if (Object.hasOwn(opsets, name) && opsets[name] !== version)
      throw bad(`opset_import of ${JSON.stringify(domain)} is there twice`);
    // Not by assignment: a file may call a domain "__proto__".
    Object.defineProperty(opsets, name, { value: version, enumerable: true, configurable: true });
  }
  const optional = {
    producerVersion: proto.producer_version,
    domain: proto.domain,
    modelVersion: proto.model_version,
    description: proto.doc_string,
    functions: proto.functions?.length ? proto.functions : undefined,
  };
  return {
    irVersion: proto.ir_version,
    opsets,
    producer: proto.producer_name ?? "",
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    graph: graphOf(proto.graph, options),
    metadata: new Map(
      (proto.metadata_props ?? []).map(({ key = "", value = "" }) => [key, value] as const),
    ),
  };
}

function graphOf(proto: Message<"GraphProto">, options: DecodeOptions): Graph {
  const name = proto.name ?? "";
  const where = `graph ${JSON.stringify(name)}`;
  if (proto.sparse_initializer?.length)
    throw new CajalError("unsupported", `${where}: sparse initializers are not supported.`, {
      graph: name,
    });
  const values = new Map<string, ValueInfo>();
  for (const info of proto.value_info ?? []) {
    // Values between of types that we do not hold (sequences, strings) are simply not known.
    const value = isTensor(info) ? valueInfoOf(info, where) : undefined;
    if (value) values.set(value.name, value);
  }
  const initializers = new Map<string, Tensor>();
  for (const initializer of proto.initializer ?? []) {
    const key = initializer.name ?? "";
    if (initializers.has(key))
      throw bad(`${where}: initializer ${JSON.stringify(key)} is there twice`);
    initializers.set(key, tensorOf(initializer, `initializer ${JSON.stringify(key)}`, options));
  }
  return {
    name,
    nodes: (proto.node ?? []).map((node, i) => nodeOf(node, i, options)),
    initializers,
    inputs: (proto.input ?? []).map((info) => valueInfoOf(info, `${where}, input`)),
    outputs: (proto.output ?? []).map((info) => valueInfoOf(info, `${where}, output`)),
    values,
  };
}

function nodeOf(proto: Message<"NodeProto">, i: number, options: DecodeOptions): Node {
  const op = proto.op_type ?? "";
  const name = proto.name ?? "";
  const where = `node ${name ? JSON.stringify(name) : i} (${op})`;
  if (op === "") throw bad(`${where} has no operator`);
  const attributes: Record<string, Attribute> = {};
  for (const attribute of proto.attribute ?? []) {
    const key = attribute.name ?? "";
    if (Object.hasOwn(attributes, key))
      throw bad(`${where}: attribute ${JSON.stringify(key)} is there twice`);
    Object.defineProperty(attributes, key, {
      value: attributeOf(attribute, `${where}, attribute ${JSON.stringify(key)}`, options),
      enumerable: true,
    });
  }
  return {
    op,
    domain: proto.domain === "ai.onnx" ? "" : (proto.domain ?? ""),
    name,
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    attributes,
  };
}

function attributeOf(
  proto: Message<"AttributeProto">,
  where: string,
  options: DecodeOptions,
): Attribute {
  const { floats = [], ints = [], strings = [] } = proto;
  if (proto.ref_attr_name)
    throw new CajalError("unsupported", `${where}: refers to an attribute of a function.`, {});
  switch (attributeType(proto)) {
    case "float":
      return { type: "float", value: proto.f ?? 0 };
    case "int":
      return { type: "int", value: proto.i ?? 0 };
    case "string":
      return { type: "string", value: proto.s ?? "" };
    case "floats":
      return { type: "floats", value: Array.from(floats) };
    case "ints":
      return { type: "ints", value: ints };
    case "strings":
      return { type: "strings", value: strings };
    case "tensor":
      if (!proto.t) throw bad(`${where}: its tensor is missing`);
      return { type: "tensor", value: tensorOf(proto.t, where, options) };
    case "graph":
      if (!proto.g) throw bad(`${where}: its graph is missing`);
      return { type: "graph", value: graphOf(proto.g, options) };
    default:
      throw new CajalError("unsupported", `${where}: type ${proto.type} is not supported.`, {
        type: proto.type,
      });
  }
}

/** Files of IR version 1 do not say the type: the field that is there tells it. */
function attributeType(proto: Message<"AttributeProto">): AttributeType | undefined {
  const stated = Object.entries(attributeTypes).find(([, type]) => type === proto.type);
  if (stated) return stated[0] as AttributeType;
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

const isTensor = ({ type }: Message<"ValueInfoProto">) => {
  const element = type?.tensor_type?.elem_type;
  return element !== undefined && dtypeNumbers.has(element);
};

const dtypeNumbers = new Set([1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13]);

function valueInfoOf(proto: Message<"ValueInfoProto">, where: string): ValueInfo {
  const name = proto.name ?? "";
  const type = proto.type?.tensor_type;
  if (!type)
    throw new CajalError(
      "unsupported",
      `${where} ${JSON.stringify(name)}: expected a tensor; its type is ${proto.type ? "a sequence, a map or the like" : "not given"}.`,
      { name },
    );
  return {
    name,
    dtype: named(`${where} ${JSON.stringify(name)}`, () => dtypeOf(type.elem_type ?? 0)),
    // Some exporters write −1 for a free axis.
    shape: type.shape?.dim?.map(({ dim_value, dim_param }): Dim => {
      if (dim_value === undefined) return dim_param || undefined;
      return Number.isSafeInteger(dim_value) && dim_value >= 0 ? dim_value : undefined;
    }),
  };
}

/** Bytes an element takes in raw_data. */
const widths: Readonly<Record<DType, 1 | 2 | 4 | 8>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
};

function tensorOf(proto: Message<"TensorProto">, where: string, options: DecodeOptions): Tensor {
  const shape = proto.dims ?? [];
  let size = 1;
  for (const extent of shape) {
    if (extent < 0) throw bad(`${where}: extent ${extent} in its shape [${shape.join()}]`);
    size *= extent;
  }
  if (!Number.isSafeInteger(size * 8)) throw bad(`${where}: shape [${shape.join()}] is too large`);
  const dtype = named(where, () => dtypeOf(proto.data_type ?? 0));
  if (proto.segment)
    throw new CajalError("unsupported", `${where}: tensors in segments are not supported.`, {});
  const width = widths[dtype];
  if (proto.data_location === external)
    return { dtype, shape, data: view(dtype, externalBytes(proto, where, size * width, options)) };
  const { raw_data: raw } = proto;
  if (raw) {
    if (raw.length !== size * width)
      throw bad(
        `${where}: got ${raw.length} bytes, expected ${size * width} for ${dtype} [${shape.join()}]`,
      );
    return { dtype, shape, data: view(dtype, options.inPlace ? moved(raw, width) : raw) };
  }
  const list = listOf(proto, dtype);
  if (list.length !== size)
    throw bad(
      `${where}: got ${list.length} elements, expected ${size} for ${dtype} [${shape.join()}]`,
    );
  return typed(dtype, shape, list);
}

/** The field that a type's elements are in when they are not raw. */
function listOf(proto: Message<"TensorProto">, dtype: DType): ArrayLike<number | bigint> {
  switch (dtype) {
    case "float32":
      return proto.float_data ?? [];
    case "float64":
      return proto.double_data ?? [];
    case "int64":
      return proto.int64_data ?? [];
    case "uint32":
    case "uint64":
      return proto.uint64_data ?? [];
    default:
      return proto.int32_data ?? [];
  }
}

function typed(dtype: DType, shape: readonly number[], list: ArrayLike<number | bigint>): Tensor {
  if (dtype === "float32" && list instanceof Float32Array) return { dtype, shape, data: list };
  if (dtype === "float64" && list instanceof Float64Array) return { dtype, shape, data: list };
  if (dtype === "int64")
    return { dtype, shape, data: BigInt64Array.from(Array.from(list, BigInt)) };
  if (dtype === "uint64")
    return { dtype, shape, data: BigUint64Array.from(Array.from(list, BigInt)) };
  return tensor(dtype, shape, Array.from(list, Number));
}

function externalBytes(
  proto: Message<"TensorProto">,
  where: string,
  expected: number,
  options: DecodeOptions,
): Uint8Array {
  const entries = new Map(
    (proto.external_data ?? []).map(({ key = "", value = "" }) => [key, value]),
  );
  const location = entries.get("location") ?? "";
  try {
    checkLocation(location);
  } catch {
    throw bad(
      `${where}: its data lies in ${JSON.stringify(location)}, outside of the model's folder`,
    );
  }
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? expected);
  if (!Number.isSafeInteger(offset) || offset < 0 || length !== expected)
    throw bad(`${where}: offset ${offset}, length ${length}; expected a length of ${expected}`);
  if (!options.externalData)
    throw new CajalError(
      "unsupported",
      `${where}: its data lies in the file ${JSON.stringify(location)}. Read the model with readModel of @cajal/onnx/node, or pass { externalData }.`,
      { location },
    );
  const bytes = options.externalData({ tensor: proto.name ?? "", location, offset, length });
  if (bytes.length !== length)
    throw bad(
      `${where}: got ${bytes.length} bytes of ${JSON.stringify(location)}, expected ${length}`,
    );
  return bytes;
}

const constructors: {
  [D in DType]: new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArrays[D];
} = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Bytes as elements: the same memory where it is aligned. */
function view<D extends DType>(dtype: D, bytes: Uint8Array): TypedArrays[D] {
  const width = widths[dtype];
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  return new constructors[dtype](aligned.buffer, aligned.byteOffset, bytes.length / width);
}

/**
 * The same bytes, moved to where they lie aligned. There are always 4 bytes before them to move
 * into, those that announced them (two tags, two lengths), so that up to 3 are free; wider
 * elements stay where they are.
 */
function moved(bytes: Uint8Array, width: number): Uint8Array {
  const shift = bytes.byteOffset % width;
  if (shift === 0 || width > 4) return bytes;
  const to = new Uint8Array(bytes.buffer, bytes.byteOffset - shift, bytes.length);
  to.set(bytes);
  return to;
}

/** Puts a name before an error's message. */
function named<T>(where: string, body: () => T): T {
  try {
    return body();
  } catch (cause) {
    if (!isCajalError(cause)) throw cause;
    throw new CajalError(cause.code, `${where}: ${cause.message}`, cause.facts, { cause });
  }
}

const bad = (what: string) => new CajalError("bad-file", `not a well-formed ONNX file: ${what}.`);
