/**
 * int64 arrives as a number (beyond 2⁵³ the nearest one), `exact64` as a bigint, `wide64` as a bigint
 * where it is beyond 2⁵³. Repeated scalars are read packed or not, and written packed.
 */
export declare const onnxProto: {
    readonly ModelProto: {
        readonly ir_version: readonly [1, "int64"];
        readonly producer_name: readonly [2, "string"];
        readonly producer_version: readonly [3, "string"];
        readonly domain: readonly [4, "string"];
        readonly model_version: readonly [5, "int64"];
        readonly doc_string: readonly [6, "string"];
        readonly graph: readonly [7, "GraphProto"];
        readonly opset_import: readonly [8, "OperatorSetIdProto", "repeated"];
        readonly metadata_props: readonly [14, "StringStringEntryProto", "repeated"];
        readonly functions: readonly [25, "FunctionProto", "repeated"];
    };
    readonly FunctionProto: {
        readonly name: readonly [1, "string"];
        readonly input: readonly [4, "string", "repeated"];
        readonly output: readonly [5, "string", "repeated"];
        readonly attribute: readonly [6, "string", "repeated"];
        readonly node: readonly [7, "NodeProto", "repeated"];
        readonly opset_import: readonly [9, "OperatorSetIdProto", "repeated"];
        readonly domain: readonly [10, "string"];
        readonly attribute_proto: readonly [11, "AttributeProto", "repeated"];
        readonly value_info: readonly [12, "ValueInfoProto", "repeated"];
        readonly overload: readonly [13, "string"];
    };
    readonly OperatorSetIdProto: {
        readonly domain: readonly [1, "string"];
        readonly version: readonly [2, "int64"];
    };
    readonly StringStringEntryProto: {
        readonly key: readonly [1, "string"];
        readonly value: readonly [2, "string"];
    };
    readonly GraphProto: {
        readonly node: readonly [1, "NodeProto", "repeated"];
        readonly name: readonly [2, "string"];
        readonly initializer: readonly [5, "TensorProto", "repeated"];
        readonly input: readonly [11, "ValueInfoProto", "repeated"];
        readonly output: readonly [12, "ValueInfoProto", "repeated"];
        readonly value_info: readonly [13, "ValueInfoProto", "repeated"];
        readonly sparse_initializer: readonly [15, "bytes", "repeated"];
    };
    readonly NodeProto: {
        readonly input: readonly [1, "string", "repeated"];
        readonly output: readonly [2, "string", "repeated"];
        readonly name: readonly [3, "string"];
        readonly op_type: readonly [4, "string"];
        readonly attribute: readonly [5, "AttributeProto", "repeated"];
        readonly domain: readonly [7, "string"];
        readonly overload: readonly [8, "string"];
    };
    readonly AttributeProto: {
        readonly name: readonly [1, "string"];
        readonly f: readonly [2, "float"];
        readonly i: readonly [3, "wide64"];
        readonly s: readonly [4, "bytes"];
        readonly t: readonly [5, "TensorProto"];
        readonly g: readonly [6, "GraphProto"];
        readonly floats: readonly [7, "float", "repeated"];
        readonly ints: readonly [8, "wide64", "repeated"];
        readonly strings: readonly [9, "bytes", "repeated"];
        readonly tensors: readonly [10, "bytes", "repeated"];
        readonly graphs: readonly [11, "bytes", "repeated"];
        readonly type_proto: readonly [14, "bytes"];
        readonly type_protos: readonly [15, "bytes", "repeated"];
        readonly type: readonly [20, "int32"];
        readonly ref_attr_name: readonly [21, "string"];
        readonly sparse_tensor: readonly [22, "bytes"];
        readonly sparse_tensors: readonly [23, "bytes", "repeated"];
    };
    readonly ValueInfoProto: {
        readonly name: readonly [1, "string"];
        readonly type: readonly [2, "TypeProto"];
    };
    readonly TypeProto: {
        readonly tensor_type: readonly [1, "TensorTypeProto"];
        readonly sequence_type: readonly [4, "InnerTypeProto"];
        readonly map_type: readonly [5, "MapTypeProto"];
        readonly denotation: readonly [6, "string"];
        readonly sparse_tensor_type: readonly [8, "TensorTypeProto"];
        readonly optional_type: readonly [9, "InnerTypeProto"];
    };
    readonly InnerTypeProto: {
        readonly elem_type: readonly [1, "TypeProto"];
    };
    readonly MapTypeProto: {
        readonly key_type: readonly [1, "int32"];
        readonly value_type: readonly [2, "TypeProto"];
    };
    readonly TensorTypeProto: {
        readonly elem_type: readonly [1, "int32"];
        readonly shape: readonly [2, "TensorShapeProto"];
    };
    readonly TensorShapeProto: {
        readonly dim: readonly [1, "DimensionProto", "repeated"];
    };
    readonly DimensionProto: {
        readonly dim_value: readonly [1, "int64"];
        readonly dim_param: readonly [2, "string"];
    };
    readonly TensorProto: {
        readonly dims: readonly [1, "int64", "repeated"];
        readonly data_type: readonly [2, "int32"];
        readonly segment: readonly [3, "bytes"];
        readonly float_data: readonly [4, "float", "repeated"];
        readonly int32_data: readonly [5, "int32", "repeated"];
        readonly string_data: readonly [6, "bytes", "repeated"];
        readonly int64_data: readonly [7, "exact64", "repeated"];
        readonly name: readonly [8, "string"];
        readonly raw_data: readonly [9, "bytes"];
        readonly double_data: readonly [10, "double", "repeated"];
        readonly uint64_data: readonly [11, "exact64", "repeated"];
        readonly external_data: readonly [13, "StringStringEntryProto", "repeated"];
        readonly data_location: readonly [14, "int32"];
    };
};
/** AttributeProto.AttributeType */
export declare const attributeTypes: {
    readonly float: 1;
    readonly int: 2;
    readonly string: 3;
    readonly tensor: 4;
    readonly graph: 5;
    readonly floats: 6;
    readonly ints: 7;
    readonly strings: 8;
    readonly tensors: 9;
    readonly graphs: 10;
    readonly sparse_tensor: 11;
    readonly sparse_tensors: 12;
    readonly type_proto: 13;
    readonly type_protos: 14;
};
/** TensorProto.DataLocation.EXTERNAL */
export declare const external = 1;
