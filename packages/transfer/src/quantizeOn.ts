// Static quantization with the ranges that data show.
import {
  CajalError,
  checkArgument,
  checkOptions,
  checkTensor,
  isTensor,
  optionsOf,
  showValue,
  type NamedTensors,
  type Tensor,
} from "@cajal/core";
import { quantize, withRanges, type OnnxModel, type QuantizeOptions } from "@cajal/onnx";
import { open } from "@cajal/runtime";

export interface QuantizeOnOptions extends QuantizeOptions {
  /** Ends the work between two batches. */
  readonly signal?: AbortSignal;
}

const quantizeOnOptions = optionsOf<QuantizeOnOptions>({
  signal: "signal",
  reduceRange: "boolean",
});

/**
 * An ONNX model with int8 weights and uint8 activations, whose scales come from running it on data: some hundred
 * examples as the model will meet them, prepared as for it. How much accuracy that costs is for you to measure.
 *
 * @param batches inputs: tensors, or records by the inputs' names
 * @throws CajalError `bad-argument` without data, and for data that are not finite; as `open` does
 * @example const small = await quantizeOn(toOnnx(model, weights), [images]);
 */
export async function quantizeOn(
  model: OnnxModel,
  batches: Iterable<Tensor | NamedTensors> | AsyncIterable<Tensor | NamedTensors>,
  options: QuantizeOnOptions = {},
): Promise<OnnxModel> {
  checkOptions("quantizeOn", options, quantizeOnOptions);
  checkArgument("quantizeOn", "model", model, "object");
  if (!isIterable(batches))
    throw new CajalError("bad-argument", `quantizeOn: got ${isTensor(batches as unknown as Tensor) ? "a tensor" : showValue(batches)} as batches, expected a list of them, such as [images].`); // prettier-ignore
  const { signal, reduceRange = true } = options;
  const watched = withRanges(model);
  const ownOutputs = new Set(model.graph.outputs.map(({ name }) => name));
  const ranges = new Map<string, [number, number]>();
  await using session = await open(watched, { ...(signal && { signal }) });
  const input = session.inputs[0]?.name ?? "";
  let hasExamples = false;
  for await (const batch of batches) {
    signal?.throwIfAborted();
    checkArgument("quantizeOn", "a batch", batch, "object");
    const inputs = isTensor(batch) ? { [input]: batch } : batch;
    for (const [name, tensor] of Object.entries(inputs)) checkFinite(name, tensor);
    // Of no element there is no range.
    if (Object.values(inputs).some(({ shape }) => shape.includes(0))) continue;
    hasExamples = true;
    for (const [name, { data }] of Object.entries(await session.run(inputs))) {
      const end = ownOutputs.has(name) ? undefined : /\/(least|most)$/.exec(name)?.[1];
      if (!end) continue;
      const value = name.slice(0, -end.length - 1);
      const range = ranges.get(value) ?? [Infinity, -Infinity];
      if (end === "least") range[0] = Math.min(range[0], Number(data[0]));
      else range[1] = Math.max(range[1], Number(data[0]));
      ranges.set(value, range);
    }
  }
  if (!hasExamples)
    throw new CajalError(
      "bad-argument",
      "quantizeOn: got no examples, expected some hundred of them.",
    );
  if (ranges.size === 0)
    throw new CajalError(
      "bad-argument",
      "quantizeOn: got a model without convolutions and matrix products of 256 weights and more, which alone are quantized.",
    );
  return quantize(model, ranges, { reduceRange });
}

const isIterable = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  (Symbol.iterator in value || Symbol.asyncIterator in value);

/** ONNX Runtime's least and largest element leave out NaN, but where it is the first. */
function checkFinite(name: string, tensor: Tensor): void {
  checkTensor(tensor, `input "${name}"`);
  const { dtype, data } = tensor;
  if (dtype !== "float32" && dtype !== "float64") return;
  const at = (data as Float32Array).findIndex((each) => !Number.isFinite(each));
  if (at < 0) return;
  throw new CajalError(
    "bad-argument",
    `quantizeOn: got ${data[at]} in input "${name}", at element ${at}, expected finite numbers.`,
    { input: name, element: at },
  );
}
