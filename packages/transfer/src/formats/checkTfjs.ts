// What TF.js 4.22 does not compute as Keras does though it loads it, and what it does not load at all for reasons that
// only the writer can tell: such a model is not written, rather than read wrongly there.
import { CajalError } from "@cajal/core";
import { activationOf, type Call, type Network } from "@cajal/models";

type Config = Readonly<Record<string, unknown>>;

/** Settings that TF.js leaves out of account, or means otherwise, by the layer's class: why, or undefined. */
const differences: Readonly<Record<string, (config: Config) => string | undefined>> = {
  CenterCrop: () => "which gives another shape there",
  Concatenate: ({ axis }) =>
    Number(axis) < -1 ? "whose axis TF.js takes for the last: name it from the front" : undefined,
  Conv2DTranspose: ({ dilation_rate, output_padding }) =>
    isNot(dilation_rate, 1) || output_padding !== null
      ? "which knows no dilation_rate or output_padding there"
      : undefined,
  GlobalAveragePooling1D: keepsAxes,
  GlobalAveragePooling2D: keepsAxes,
  GlobalMaxPooling1D: keepsAxes,
  GlobalMaxPooling2D: keepsAxes,
  ReLU: ({ negative_slope, threshold }) =>
    negative_slope !== 0 || threshold !== 0
      ? "which knows no negative_slope or threshold there"
      : undefined,
  Resizing: () => "which takes other points of the image there",
  UpSampling2D: ({ interpolation }) =>
    interpolation === "nearest" ? undefined : "which takes other points of the image there",
};

function keepsAxes({ keepdims }: Config): string | undefined {
  return keepdims === true ? "which knows no keepdims there" : undefined;
}

const isNot = (value: unknown, neutral: number) => [value].flat().some((each) => each !== neutral);

/** @throws CajalError `unsupported`, naming the layer and why */
export function checkTfjs({ calls }: Network): void {
  for (const call of calls) {
    const why = problemOf(call);
    if (why === undefined) continue;
    const { path, className } = call.layer;
    throw new CajalError(
      "unsupported",
      `layer "${path}" (${className}): ${why}. Write the model as ONNX, or as .keras.`,
      { layer: path },
    );
  }
}

function problemOf({ inner, inputs, masks }: Call): string | undefined {
  const { definition, config } = inner;
  if (definition.asOperation) return "TF.js has no such layer to write";
  // TF.js hands masks on to recurrent layers, and averages over all steps as if there were none.
  if (masks && !definition.mask?.passes)
    return "it computes by a mask, which TF.js does not honour there";
  const within = problemOfLayer(inner);
  if (within !== undefined) return within;
  // TF.js reads layers with channels first, and some compute other numbers there.
  const rank = inputs[0]?.shape.length ?? 0;
  const axis = definition.affine?.axis?.(config, rank);
  if (definition.channelsLast || (axis !== undefined && axis !== rank - 1))
    return "its channels are not last, which TF.js does not compute as Keras does";
  return undefined;
}

/** Of a layer, and of those within it. */
function problemOfLayer({ definition, config }: Call["inner"]): string | undefined {
  const { className } = definition;
  if (definition.quantization) return "it is quantized, which TF.js has no layers for";
  const difference = differences[className]?.(config);
  if (difference !== undefined) return `TF.js has a ${className} ${difference}`;
  for (const [key, value] of Object.entries(config)) {
    if (isLayer(value)) {
      const problem = problemOfLayer(value);
      if (problem !== undefined) return problem;
    }
    if (!key.endsWith("activation") || typeof value !== "string") continue;
    if (activationOf(value)?.layer)
      return "its activation is a layer, which TF.js does not read there";
    // TF.js' own of that name is Keras 2's, 0.2 x + 0.5.
    if (value === "hard_sigmoid")
      return "its hard_sigmoid is that of Keras 3, x / 6 + 0.5, and that of TF.js is 0.2 x + 0.5";
  }
  return undefined;
}

const isLayer = (value: unknown): value is Call["inner"] =>
  typeof value === "object" && value !== null && "definition" in value;
