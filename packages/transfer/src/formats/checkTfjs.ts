// What TF.js 4.22 does not compute as Keras does though it loads it, and what it does not load at all for reasons that
// only the writer can tell: such a model is not written, rather than read wrongly there.
import { CajalError } from "@cajal/core";
import { activationOf, layersIn, type Call, type Network } from "@cajal/models";

type Inner = Call["inner"];
type Config = Readonly<Record<string, unknown>>;

/** Settings that TF.js leaves out of account, or means otherwise, by the layer's class: why, or undefined. */
const differences: Readonly<Record<string, (config: Config) => string | undefined>> = {
  AveragePooling3D: ({ pool_size, ...config }) => cutsOff(config, pool_size),
  Bidirectional: ({ layer, backward_layer }) =>
    backward_layer && inDirection(backward_layer) !== inDirection(layer)
      ? "which runs one layer both ways"
      : undefined,
  CenterCrop: () => "which gives another shape there",
  Concatenate: ({ axis }) =>
    Number(axis) < -1 ? "whose axis TF.js takes for the last: name it from the front" : undefined,
  Conv2DTranspose: ({ dilation_rate, output_padding }) =>
    isNot(dilation_rate, 1) || output_padding !== null
      ? "which knows no dilation_rate or output_padding there"
      : undefined,
  Conv3D: ({ kernel_size, ...config }) => cutsOff(config, kernel_size),
  GlobalAveragePooling1D: keepsAxes,
  GlobalAveragePooling2D: keepsAxes,
  GlobalMaxPooling1D: keepsAxes,
  GlobalMaxPooling2D: keepsAxes,
  MaxPooling3D: ({ pool_size, ...config }) => cutsOff(config, pool_size),
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

/** Of volumes TF.js reckons less padding than none where a window is smaller than its stride. */
function cutsOff({ padding, strides }: Config, windows: unknown): string | undefined {
  const smaller = (windows as number[]).some((size, axis) => size < (strides as number[])[axis]!);
  return padding === "same" && smaller
    ? 'whose padding "same" of windows smaller than their strides takes elements away there'
    : undefined;
}

/** What a layer computes from its weights, as text, whichever way it runs. */
function inDirection(layer: unknown): string {
  const { definition, config } = layer as Inner;
  const computing = (key: string, value: unknown) => (notComputing.test(key) ? undefined : value);
  return JSON.stringify([definition.className, config], computing);
}

/** Settings of how weights begin and learn, names, and the direction. */
const notComputing =
  /_(initializer|regularizer|constraint)$|^(name|seed|trainable|unroll|go_backwards)$/;

/** What TF.js does otherwise with a mask, by the layer's class. */
const ofMasks: Readonly<
  Record<string, { readonly drops?: true; readonly zeroes?: (config: Config) => boolean }>
> = {
  // They pass it on in Keras, and not in TF.js.
  ELU: { drops: true },
  LeakyReLU: { drops: true },
  Rescaling: { drops: true },
  Softmax: { drops: true },
  ThresholdedReLU: { drops: true },
  // Their outputs at masked steps are 0 in Keras, where TF.js repeats the step before.
  Bidirectional: { zeroes: ({ layer }) => (layer as Inner).config.return_sequences === true },
  RNN: { zeroes: ({ zero_output_for_mask }) => zero_output_for_mask === true },
};

const isNot = (value: unknown, neutral: number) => [value].flat().some((each) => each !== neutral);

/** @throws CajalError `unsupported`, naming the layer and why */
export function checkTfjs(network: Network): void {
  const unmasked = callsBeforeMasks(network);
  for (const call of network.calls) {
    const why = problemOf(call) ?? problemOfMask(call, network, unmasked);
    if (why === undefined) continue;
    const { path, className } = call.layer;
    throw new CajalError(
      "unsupported",
      `layer "${path}" (${className}): ${why}. Write the model as ONNX, or as .keras.`,
      { layer: path },
    );
  }
}

function problemOf({ inner, inputs }: Call): string | undefined {
  const { definition, config } = inner;
  if (definition.asOperation) return "TF.js has no such layer to write";
  const within = problemOfLayer(inner);
  if (within !== undefined) return within;
  // TF.js reads layers with channels first, and some compute other numbers there.
  const rank = inputs[0]?.shape.length ?? 0;
  const axis = definition.affine?.axis?.(config, rank);
  if (definition.channelsLast || (axis !== undefined && axis !== rank - 1))
    return "its channels are not last, which TF.js does not compute as Keras does";
  return undefined;
}

/**
 * TF.js hands masks on to recurrent layers, and computes other layers as if there were none. It loses them in merging
 * layers and in models within models; and a layer whose input has no mask gets that of a layer before it.
 *
 * @param unmasked the calls that run before there is a mask
 */
function problemOfMask(
  call: Call,
  network: Network,
  unmasked: ReadonlySet<Call>,
): string | undefined {
  const { inner, masks } = call;
  const { definition, config } = inner;
  if (masks && (!definition.mask?.passes || definition.mask.takes === "each"))
    return "it computes by a mask, which TF.js does not honour there";
  if (!takesMask(inner)) return undefined;
  if (masks && ofMasks[definition.className]?.zeroes?.(config) && showsMaskedSteps(call, network))
    return "its outputs at masked steps are 0, and TF.js repeats the step before";
  if (masks ? !getsMask(call) : !unmasked.has(call))
    return `it computes ${masks ? "by" : "without"} a mask, and TF.js gives it ${masks ? "none, or another" : "that of another layer"}`;
  return undefined;
}

const makesMask = ({ definition, config }: Inner) => definition.mask?.makes?.(config) !== undefined;

/** The calls that run before there is a mask, in whatever order TF.js takes them: those that all makers of masks wait for. */
function callsBeforeMasks({ calls }: Network): ReadonlySet<Call> {
  const before = calls.filter(({ inner }) => makesMask(inner)).map(callsBefore);
  return new Set(calls.filter((call) => before.every((some) => some.has(call))));
}

/** The calls that a call waits for. */
function callsBefore(call: Call): ReadonlySet<Call> {
  const before = new Set<Call>();
  const queue = [call];
  for (let next = queue.pop(); next; next = queue.pop())
    for (const { call: from } of next.inputs)
      if (from && !before.has(from)) {
        before.add(from);
        queue.push(from);
      }
  return before;
}

/** Whether masked steps of a call's outputs show: in an output of the model, or a layer that reads them. */
function showsMaskedSteps(call: Call, network: Network): boolean {
  return call.outputs.some(
    (value) =>
      network.outputs.includes(value) ||
      network.calls.some((reader) => {
        if (![...reader.inputs, reader.attentionMask].includes(value)) return false;
        // Recurrent layers skip the steps of a sequence, by the same mask.
        if (isRecurrent(reader.inner) && reader.inputs.indexOf(value) === 0) return false;
        return !keepsSteps(reader) || showsMaskedSteps(reader, network);
      }),
  );
}

/** Whether a layer computes each step from that step alone, and its outputs have the mask of its input. */
function keepsSteps({ inner: { definition, config }, inputs }: Call): boolean {
  const { mask } = definition;
  const last = inputs[0]!.shape.length - 1;
  const isOfLastAxis = [config.axis ?? -1].flat().every((axis) => axis === -1 || axis === last);
  return isOfLastAxis && !mask?.merges && mask?.passes?.(config) === true;
}

const isRecurrent = ({ config }: Inner): boolean =>
  "go_backwards" in config || layersIn(Object.values(config)).some(isRecurrent);

/** Whether TF.js computes the layer by a mask, where it gets one. */
function takesMask({ definition: { mask, sequences }, config }: Inner): boolean {
  const layersWithin = layersIn(Object.values(config));
  if (layersWithin.length > 0) return layersWithin.some(takesMask);
  return mask?.takes === "one" && !mask.inTraining && (mask.passes !== undefined || !!sequences);
}

/** Whether the mask that a call computes by comes to it in TF.js: its maker is in the same model, and no layer between drops it. */
function getsMask({ layer, masks = [], inputs }: Call): boolean {
  const [mask] = masks;
  for (let from = inputs[0]?.call; from; from = from.inputs[0]?.call) {
    const { definition, config } = from.inner;
    if (modelOf(from) !== modelOf({ layer })) return false;
    if (makesMask(from.inner)) return mask?.kind === "differs" && mask.of === from.inputs[0];
    if (!definition.mask?.passes?.(config) || definition.mask.merges) return false;
    if (ofMasks[definition.className]?.drops) return false;
  }
  return false;
}

/** The path of the model that a call is in. */
const modelOf = ({ layer: { path, name } }: Pick<Call, "layer">) => path.slice(0, -name.length);

/** Of a layer, and of those within it. */
function problemOfLayer({ definition, config }: Inner): string | undefined {
  const { className } = definition;
  if (definition.quantization) return "it is quantized, which TF.js has no layers for";
  const difference = differences[className]?.(config);
  if (difference !== undefined) return `TF.js has a ${className} ${difference}`;
  for (const [key, value] of Object.entries(config)) {
    if (!key.endsWith("activation") || typeof value !== "string") continue;
    if (activationOf(value)?.layer)
      return "its activation is a layer, which TF.js does not read there";
    // TF.js' own of that name is Keras 2's, 0.2 x + 0.5.
    if (value === "hard_sigmoid")
      return "its hard_sigmoid is that of Keras 3, x / 6 + 0.5, and that of TF.js is 0.2 x + 0.5";
  }
  const parts = Object.values(definition.parts?.(config) ?? {}).map(({ layer }) => layer);
  for (const layer of layersIn([...Object.values(config), ...parts])) {
    const problem = problemOfLayer(layer);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
