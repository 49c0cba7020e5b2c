// onnx.proto (IR version 10), as far as we know it: field → number, type, label. From this one table
// derive the reader and the writer in wire.ts. Numbers are those of
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; fields not listed are skipped.

/**
 * int64 arrives as a number (beyond 2⁵³ the nearest one), `exact64` as a bigint. Repeated scalars
 * are read packed or not, and written packed.
 */
export const onnxProto = {
  ModelProto: {
    ir_version: [1, "int64"],
    producer_name: [2, "string"],
    producer_version: [3, "string"],
    domain: [4, "string"],
    model_version: [5, "int64"],
    doc_string: [6, "string"],
    graph: [7, "GraphProto"],
    opset_import: [8, "OperatorSetIdProto", "repeated"],
    metadata_props: [14, "StringStringEntryProto", "repeated"],
    functions: [25, "bytes", "repeated"], // FunctionProto, kept as it is
  },
  OperatorSetIdProto: {
    domain: [1, "string"],
    version: [2, "int64"],
  },
  StringStringEntryProto: {
    key: [1, "string"],
    value: [2, "string"],
  },
  GraphProto: {
    node: [1, "NodeProto", "repeated"],
    name: [2, "string"],
    initializer: [5, "TensorProto", "repeated"],
    input: [11, "ValueInfoProto", "repeated"],
    output: [12, "ValueInfoProto", "repeated"],
    value_info: [13, "ValueInfoProto", "repeated"],
    sparse_initializer: [15, "bytes", "repeated"],
  },
  NodeProto: {
    input: [1, "string", "repeated"],
    output: [2, "string", "repeated"],
    name: [3, "string"],
    op_type: [4, "string"],
    attribute: [5, "AttributeProto", "repeated"],
    domain: [7, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "string"], // bytes in onnx.proto; UTF-8 wherever an operator's attribute is a string
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float", "repeated"],
    ints: [8, "int64", "repeated"],
    strings: [9, "string", "repeated"],
    type: [20, "int32"],
    ref_attr_name: [21, "string"],
  },
  ValueInfoProto: {
    name: [1, "string"],
    type: [2, "TypeProto"],
  },
  TypeProto: {
    tensor_type: [1, "TensorTypeProto"],
    denotation: [6, "string"],
  },
  TensorTypeProto: {
    elem_type: [1, "int32"],
    shape: [2, "TensorShapeProto"],
  },
  TensorShapeProto: {
    dim: [1, "DimensionProto", "repeated"],
  },
  DimensionProto: {
    dim_value: [1, "int64"],
    dim_param: [2, "string"],
  },
  TensorProto: {
    dims: [1, "int64", "repeated"],
    data_type: [2, "int32"],
    segment: [3, "bytes"],
    float_data: [4, "float", "repeated"],
    int32_data: [5, "int32", "repeated"],
    string_data: [6, "bytes", "repeated"],
    int64_data: [7, "exact64", "repeated"],
    name: [8, "string"],
    raw_data: [9, "bytes"],
    double_data: [10, "double", "repeated"],
    uint64_data: [11, "exact64", "repeated"],
    external_data: [13, "StringStringEntryProto", "repeated"],
    data_location: [14, "int32"],
  },
} as const satisfies Record<string, Record<string, Field>>;

type Field = readonly [number, string] | readonly [number, string, "repeated"];

/** AttributeProto.AttributeType, of the types that the model in memory has. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

/** TensorProto.DataLocation.EXTERNAL */
export const external = 1;
