// onnx.proto (IR version 10), as far as we know it: field → number, type, label. From this one table
// derive the reader and the writer in wire.ts. Numbers are those of
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto; fields not listed are kept as they are, as `rest`.

/**
 * int64 arrives as a number (beyond 2⁵³ the nearest one), `exact64` as a bigint, `wide64` as a bigint
 * where it is beyond 2⁵³. Repeated scalars are read packed or not, and written packed.
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
    functions: [25, "FunctionProto", "repeated"],
  },
  FunctionProto: {
    name: [1, "string"],
    input: [4, "string", "repeated"],
    output: [5, "string", "repeated"],
    attribute: [6, "string", "repeated"],
    node: [7, "NodeProto", "repeated"],
    opset_import: [9, "OperatorSetIdProto", "repeated"],
    domain: [10, "string"],
    attribute_proto: [11, "AttributeProto", "repeated"],
    value_info: [12, "ValueInfoProto", "repeated"],
    overload: [13, "string"],
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
    overload: [8, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "wide64"],
    s: [4, "bytes"],
    t: [5, "TensorProto"],
    g: [6, "GraphProto"],
    floats: [7, "float", "repeated"],
    ints: [8, "wide64", "repeated"],
    strings: [9, "bytes", "repeated"],
    tensors: [10, "bytes", "repeated"],
    graphs: [11, "bytes", "repeated"],
    type_proto: [14, "bytes"], // tp in onnx.proto
    type_protos: [15, "bytes", "repeated"],
    type: [20, "int32"],
    ref_attr_name: [21, "string"],
    sparse_tensor: [22, "bytes"],
    sparse_tensors: [23, "bytes", "repeated"],
  },
  ValueInfoProto: {
    name: [1, "string"],
    type: [2, "TypeProto"],
  },
  TypeProto: {
    tensor_type: [1, "TensorTypeProto"],
    sequence_type: [4, "InnerTypeProto"],
    map_type: [5, "MapTypeProto"],
    denotation: [6, "string"],
    sparse_tensor_type: [8, "TensorTypeProto"],
    optional_type: [9, "InnerTypeProto"],
  },
  InnerTypeProto: {
    elem_type: [1, "TypeProto"],
  },
  MapTypeProto: {
    key_type: [1, "int32"],
    value_type: [2, "TypeProto"],
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

/** AttributeProto.AttributeType */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  sparse_tensor: 11,
  sparse_tensors: 12,
  type_proto: 13,
  type_protos: 14,
} as const;

/** TensorProto.DataLocation.EXTERNAL */
export const external = 1;
