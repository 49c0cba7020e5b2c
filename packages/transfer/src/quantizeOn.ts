// Static quantization with the ranges that data show.
import { CajalError, checkOptions, optionsOf, type NamedTensors, type Tensor } from "@cajal/core";
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
 * @throws CajalError `bad-argument` without data; as `open` does
 * @example const small = await quantizeOn(toOnnx(model, weights), [images]);
 */
export async function quantizeOn(
  model: OnnxModel,
  batches: Iterable<Tensor | NamedTensors> | AsyncIterable<Tensor | NamedTensors>,
  options: QuantizeOnOptions = {},
): Promise<OnnxModel> {
  checkOptions("quantizeOn", options, quantizeOnOptions);
  const { signal, reduceRange = true } = options;
  const watched = withRanges(model);
  const ranges = new Map<string, [number, number]>();
  await using session = await open(watched, { ...(signal && { signal }) });
  const input = session.inputs[0]!.name;
  for await (const batch of batches) {
    signal?.throwIfAborted();
    const inputs = "dtype" in batch ? { [input]: batch as Tensor } : (batch as NamedTensors);
    for (const [name, { data }] of Object.entries(await session.run(inputs))) {
      const end = /\/(least|most)$/.exec(name)?.[1];
      if (!end) continue;
      const value = name.slice(0, -end.length - 1);
      const range = ranges.get(value) ?? [Infinity, -Infinity];
      if (end === "least") range[0] = Math.min(range[0], Number(data[0]));
      else range[1] = Math.max(range[1], Number(data[0]));
      ranges.set(value, range);
    }
  }
  if (ranges.size === 0)
    throw new CajalError(
      "bad-argument",
      "quantizeOn: got no data, or a model without convolutions and matrix products to quantize.",
    );
  return quantize(model, ranges, { reduceRange });
}
