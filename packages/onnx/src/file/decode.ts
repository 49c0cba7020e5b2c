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
  checkArgument,
  checkOptions,
} from "@cajal/core";
import { checkLocation } from "./encode";
import { bitsOf, dtypeOf, isDType, type CarriedType } from "../model/elementType";
import type {
  Attribute,
  CarriedTensor,
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
import { attributeTypes, external } from "./proto";
import { readMessage, type Message, type Messages } from "./wire";

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
 * What Cajal does not compute with is carried: tensors of other element types, operators of any
 * domain, attributes of any kind, and fields that it does not know are there when it is written again.
 *
 * @throws CajalError `bad-file` for what is truncated, damaged or no ONNX at all; `unsupported` for
 *   sparse initializers, and for external data without `options.externalData`
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): OnnxModel {
  checkArgument("decodeModel", "bytes", bytes, "bytes");
  checkOptions("decodeModel", options, { externalData: "function", inPlace: "boolean" });
  const proto = readMessage("ModelProto", bytes);
  if (!proto.graph) throw bad("it has no graph");
  if (!proto.ir_version) throw bad("it has no ir_version");
  if (!proto.opset_import?.length) throw bad("it has no opset_import");
  const graph = graphOf(proto.graph, options);
  for (const { name, dtype } of [...graph.inputs, ...graph.outputs])
    if (dtype === "undefined")
      throw bad(`input or output ${JSON.stringify(name)} of the graph has no type`);
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
      throw bad(`opset_import of ${JSON.stringify(domain)}: version ${version}`);
    const name = domain === "ai.onnx" ? "" : domain;
    if (Object.hasOwn(opsets, name) && opsets[name] !== version)
      throw bad(`opset_import of ${JSON.stringify(domain)} is there twice`);
    set(opsets, name, version);
  }
  return opsets;
}

/** Not by assignment: a file may call anything "__proto__". */
function set<T>(record: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(record, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

const rested = ({ rest }: { readonly rest?: Uint8Array }) => (rest ? { rest } : {});

function graphOf(proto: Message<"GraphProto">, options: DecodeOptions): Graph {
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
      throw bad(`${where}: initializer ${JSON.stringify(key)} is there twice`);
    initializers.set(key, tensorOf(initializer, `initializer ${JSON.stringify(key)}`, options));
  }
  return {
    name,
    nodes: nodesOf(proto.node, options),
    initializers,
    inputs: infosOf(proto.input, `${where}, input`),
    outputs: infosOf(proto.output, `${where}, output`),
    values: valuesOf(proto.value_info, where),
    ...rested(proto),
  };
}

const nodesOf = (list: Messages<"NodeProto"> | undefined, options: DecodeOptions) => {
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
        ...rested(info),
      },
  );
}

function functionOf(proto: Message<"FunctionProto">, options: DecodeOptions): LocalFunction {
  const where = `function ${JSON.stringify(proto.name ?? "")}`;
  const inside = { ...options, references: true };
  return {
    name: proto.name ?? "",
    domain: proto.domain === "ai.onnx" ? "" : (proto.domain ?? ""),
    ...(proto.overload ? { overload: proto.overload } : {}),
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    attributes: proto.attribute ?? [],
    defaults: attributesOf(proto.attribute_proto, where, inside),
    nodes: nodesOf(proto.node, inside),
    opsets: proto.opset_import ? opsetsOf(proto.opset_import) : {},
    values: valuesOf(proto.value_info, where),
    ...rested(proto),
  };
}

interface InsideOptions extends DecodeOptions {
  /** Whether attributes may refer to those of the function around. */
  readonly references?: boolean;
}

function nodeOf(proto: Message<"NodeProto">, i: number, options: InsideOptions): Node {
  const op = proto.op_type ?? "";
  const name = proto.name ?? "";
  const where = `node ${name ? JSON.stringify(name) : i} (${op})`;
  if (op === "") throw bad(`${where} has no operator`);
  return {
    op,
    domain: proto.domain === "ai.onnx" ? "" : (proto.domain ?? ""),
    name,
    inputs: proto.input ?? [],
    outputs: proto.output ?? [],
    attributes: attributesOf(proto.attribute, where, options),
    ...(proto.overload ? { overload: proto.overload } : {}),
    ...rested(proto),
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
      throw bad(`${where}: attribute ${JSON.stringify(key)} is there twice`);
    set(
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
  if (!type) throw bad(`${where}: type ${proto.type} is none that ONNX has`);
  if (proto.ref_attr_name) {
    if (options.references) return { type: "reference", value: proto.ref_attr_name, of: type };
    throw bad(`${where}: refers to an attribute of a function, outside of any`);
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
      if (!proto.t) throw bad(`${where}: its tensor is missing`);
      return { type, value: tensorOf(proto.t, where, options) };
    case "graph":
      if (!proto.g) throw bad(`${where}: its graph is missing`);
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

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

function textOf(bytes: Uint8Array): { text: string; lossy: boolean } {
  try {
    return { text: strict.decode(bytes), lossy: false };
  } catch {
    return { text: lenient.decode(bytes), lossy: true };
  }
}

/** Files of IR version 1 do not say the type: the field that is there tells it. */
function attributeType(proto: Message<"AttributeProto">): StatedType | undefined {
  const stated = Object.entries(attributeTypes).find(([, type]) => type === proto.type);
  if (stated) return stated[0] as StatedType;
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
  const { containers, element } = unwrapped(proto.type, what);
  // Type number 0 is that of a value whose type is not stated.
  if (!element?.elem_type) return undefined;
  return {
    name,
    dtype: named(what, () => dtypeOf(element.elem_type ?? 0)),
    shape:
      element.shape &&
      Array.from(element.shape.dim ?? [], ({ dim_value, dim_param }): Dim => {
        if (dim_value === undefined) return dim_param || undefined;
        // Some exporters write −1 for a free axis.
        return Number.isSafeInteger(dim_value) && dim_value >= 0 ? dim_value : undefined;
      }),
    ...(containers.length > 0 ? { containers } : {}),
    ...rested(proto),
  };
}

/** The tensor type inside of sequences, optionals and maps. */
function unwrapped(type: Message<"TypeProto">, where: string) {
  const containers: Container[] = [];
  for (let at: Message<"TypeProto"> | undefined = type; at;) {
    if (at.tensor_type) return { containers, element: at.tensor_type };
    if (at.sparse_tensor_type) {
      containers.push("sparse");
      return { containers, element: at.sparse_tensor_type };
    }
    if (at.map_type) {
      const key = at.map_type.key_type ?? 0;
      containers.push(`map(${named(where, () => dtypeOf(key))})`);
      at = at.map_type.value_type;
    } else if (at.sequence_type || at.optional_type) {
      containers.push(at.sequence_type ? "sequence" : "optional");
      at = (at.sequence_type ?? at.optional_type)?.elem_type;
    } else at = undefined;
  }
  return { containers, element: undefined };
}

function tensorOf(
  proto: Message<"TensorProto">,
  where: string,
  options: DecodeOptions,
): Initializer {
  const shape = proto.dims ?? [];
  let size = 1;
  for (const extent of shape) {
    if (extent < 0) throw bad(`${where}: extent ${extent} in its shape [${shape.join()}]`);
    size *= extent;
  }
  if (!Number.isSafeInteger(size * 16)) throw bad(`${where}: shape [${shape.join()}] is too large`);
  const dtype = named(where, () => dtypeOf(proto.data_type ?? 0));
  if (proto.segment)
    throw new CajalError("unsupported", `${where}: tensors in segments are not supported.`, {});
  const length = Math.ceil((size * bitsOf(dtype)) / 8);
  const lies = proto.data_location === external;
  if (dtype === "string") {
    const data = proto.string_data ?? [];
    if (lies || proto.raw_data) throw bad(`${where}: strings that lie in raw or external data`);
    if (data.length !== size)
      throw bad(
        `${where}: got ${data.length} elements, expected ${size} for ${dtype} [${shape.join()}]`,
      );
    return { dtype, shape, data };
  }
  let raw = lies ? externalBytes(proto, where, length, options) : proto.raw_data;
  if (raw && raw.length !== length)
    throw bad(
      `${where}: got ${raw.length} bytes, expected ${length} for ${dtype} [${shape.join()}]`,
    );
  if (!isDType(dtype)) return carriedOf(proto, dtype, shape, size, raw, where);
  if (raw) {
    if (!lies && options.inPlace) raw = moved(raw, bitsOf(dtype) / 8);
    return { dtype, shape, data: view(dtype, raw) };
  }
  const list = listOf(proto, dtype);
  if (list.length !== size)
    throw bad(
      `${where}: got ${list.length} elements, expected ${size} for ${dtype} [${shape.join()}]`,
    );
  return typed(dtype, shape, list);
}

/** A tensor of a type that is only carried: its bytes as raw_data has them. */
function carriedOf(
  proto: Message<"TensorProto">,
  dtype: Exclude<CarriedType, "string">,
  shape: readonly number[],
  size: number,
  raw: Uint8Array | undefined,
  where: string,
): CarriedTensor {
  const length = Math.ceil((size * bitsOf(dtype)) / 8);
  if (raw) return { dtype, shape, data: raw };
  // Complex numbers are pairs in the lists of their parts; all others lie in int32_data as bits,
  // those below 8 bits a packed byte in each.
  const list: ArrayLike<number> =
    dtype === "complex64"
      ? (proto.float_data ?? [])
      : dtype === "complex128"
        ? (proto.double_data ?? [])
        : (proto.int32_data ?? []);
  const arrays = { complex64: Float32Array, complex128: Float64Array, bfloat16: Uint16Array };
  const Bits = Object.hasOwn(arrays, dtype) ? arrays[dtype as "bfloat16"] : Uint8Array;
  if (list.length * Bits.BYTES_PER_ELEMENT !== length)
    throw bad(
      `${where}: got ${list.length} elements, expected ${length / Bits.BYTES_PER_ELEMENT} for ${dtype} [${shape.join()}]`,
    );
  return { dtype, shape, data: new Uint8Array(Bits.from(list).buffer) };
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
  if (dtype === "int64" || dtype === "uint64") {
    const bits =
      list instanceof BigUint64Array ? list : BigUint64Array.from(Array.from(list, BigInt));
    return dtype === "uint64"
      ? { dtype, shape, data: bits }
      : { dtype, shape, data: new BigInt64Array(bits.buffer) };
  }
  return tensor(dtype, shape, Array.from(list, Number));
}

function externalBytes(
  proto: Message<"TensorProto">,
  where: string,
  expected: number,
  options: DecodeOptions,
): Uint8Array {
  const entries = new Map(
    Array.from(proto.external_data ?? [], ({ key = "", value = "" }) => [key, value] as const),
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
  const width = bitsOf(dtype) / 8;
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
    throw new CajalError("bad-file", `${where}: ${cause.message}`, cause.facts, { cause });
  }
}

const bad = (what: string) => new CajalError("bad-file", `not a well-formed ONNX file: ${what}.`);
