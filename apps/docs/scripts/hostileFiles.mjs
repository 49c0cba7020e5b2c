// Model files that end in a message: what a failed download leaves, what is cut or lies about itself, and models that
// no engine runs. With those of the reference folder beside the checkout, where it is there.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const utf8 = (text) => new TextEncoder().encode(text);

/** ONNX by hand: a field of protobuf is a key, then a number, or a length and a content. */
const varint = (n) => (n < 128n ? [Number(n)] : [Number(n & 127n) | 128, ...varint(n >> 7n)]);
const field = (number, content) =>
  typeof content === "string"
    ? field(number, [...utf8(content)])
    : Array.isArray(content)
      ? [...varint(BigInt((number << 3) | 2)), ...varint(BigInt(content.length)), ...content]
      : [...varint(BigInt(number << 3)), ...varint(BigInt(content))];

const node = (op, inputs, outputs, attributes = []) =>
  field(1, [...inputs.flatMap((each) => field(1, each)), ...outputs.flatMap((each) => field(2, each)), ...field(4, op), ...attributes]); // prettier-ignore
const [float32, int64, bool] = [1, 7, 9];
const valueInfo = (name, extents, dtype = float32) =>
  [...field(1, name), ...field(2, field(1, [...field(1, dtype), ...field(2, extents.flatMap((extent) => field(1, field(1, extent))))]))]; // prettier-ignore
const graph = (nodes, { x = [1, 1, 4, 4], y = x, initializers = [] } = {}) => [
  ...nodes.flat(),
  ...field(2, "g"),
  ...initializers.flatMap((each) => field(5, each)),
  ...field(11, valueInfo("x", x)),
  ...field(12, valueInfo("y", y)),
];
const model = (graph, opset = 17) =>
  Uint8Array.from([...field(1, 8), ...field(7, graph), ...field(8, field(2, opset))]);

/** One node, y = Relu(x) of [1, 1, 4, 4]: whole. */
export const reluFile = model(graph([node("Relu", ["x"], ["y"])]));

/** Goes round for longer than anybody waits: y = x + 1, 2^40 times. */
export function endlessFile() {
  const number = (name, dtype, value) => [...field(2, dtype), ...(dtype === bool ? field(5, value) : field(7, value)), ...field(8, name)]; // prettier-ignore
  const body = [
    ...node("Identity", ["go"], ["on"]),
    ...node("Relu", ["before"], ["after"]),
    ...field(2, "body"),
    ...field(11, valueInfo("i", [], int64)),
    ...field(11, valueInfo("go", [], bool)),
    ...field(11, valueInfo("before", [1, 1, 4, 4])),
    ...field(12, valueInfo("on", [], bool)),
    ...field(12, valueInfo("after", [1, 1, 4, 4])),
  ];
  const attribute = field(5, [...field(1, "body"), ...field(6, body), ...field(20, 5)]);
  return model(
    graph([node("Loop", ["times", "go", "x"], ["y"], attribute)], {
      initializers: [number("times", int64, 2n ** 40n), number("go", bool, 1)],
    }),
  );
}

const ofWholes = () => {
  const huge = [...field(1, 2n ** 31n), ...field(1, 2n ** 20n), ...field(2, float32), ...field(8, "w")]; // prettier-ignore
  const hdf5 = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
  return {
    "empty.onnx": new Uint8Array(),
    "cut.onnx": reluFile.subarray(0, reluFile.length - 20),
    "text.onnx": utf8("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
    "unknown-operator.onnx": model(graph([node("Nonsense", ["x"], ["y"])])),
    "from-nowhere.onnx": model(graph([node("Relu", ["absent"], ["y"])])),
    "circle.onnx": model(graph([node("Relu", ["y"], ["y"])])),
    "opset-999.onnx": model(graph([node("Relu", ["x"], ["y"])]), 999),
    "petabytes.onnx": model(graph([node("MatMul", ["x", "w"], ["y"])], { initializers: [huge] })),
    "huge-input.onnx": model(graph([node("Relu", ["x"], ["y"])], { x: [1, 3, 100_000, 100_000] })),
    "do-not-fit.onnx": model(graph([node("Reshape", ["x", "x"], ["y"])])),
    "page.h5": utf8("<!doctype html>"),
    "empty.h5": new Uint8Array(),
    "cut.h5": Uint8Array.from([...hdf5, ...Array(200).fill(255)]),
    "cut.keras": Uint8Array.from([0x50, 0x4b, 3, 4, ...Array(200).fill(7)]),
    "page.keras": utf8("<html>404</html>"),
  };
};

/** Of the reference folder: each of these has to be refused. */
const ofReference = [
  ...["truncated_950", "signature_flipped", "root_address_self", "symbol_count_65535", "weight_wrong_shape", "layer_missing", "config_deep", "config_proto_activation", "dataset_absurd_size", "dataset_gzip_bomb"].map((name) => `h5/${name}.h5`), // prettier-ignore
  ...["truncated_6000", "class_is_os_system", "config_not_json", "crc_wrong", "encrypted_flag", "no_config", "offset_outside", "weights_truncated"].map((name) => `keras/${name}.keras`), // prettier-ignore
];

/** Name → bytes. */
export function hostileFiles() {
  const shared = process.env.CAJAL_SHARED ?? fileURLToPath(new URL("../../../../shared/", import.meta.url)); // prettier-ignore
  const folder = `${shared}/reference/files/broken/`;
  const there = existsSync(folder) ? ofReference : [];
  return [
    ...Object.entries(ofWholes()),
    ...there.map((path) => [path.split("/")[1], readFileSync(folder + path)]),
  ];
}
