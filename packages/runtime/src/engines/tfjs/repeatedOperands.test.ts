// Gradients of maxima and minima on TF.js, beside ONNX Runtime's: of operands that are repeated along axes, and of least
// elements that are equal.
import { sizeOf, tensor } from "@cajal/core";
import { functional, type ModelConfig } from "@cajal/models";
import { expect, it } from "vitest";
import { single } from "../../../../models/testing/checkLayer";
import { openGradient } from "../../openGradient";

/** Whole numbers, of which many are equal. */
const numbers = (shape: readonly number[]) =>
  tensor("float32", shape, Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.round(3 * Math.sin(i * i + 1)))); // prettier-ignore

function extremum(className: "Maximum" | "Minimum"): ModelConfig {
  const net = functional("m");
  const [a, b] = [net.input([3, 4], { name: "a" }), net.input([1, 4], { name: "b" })];
  return net.model(
    [a, b],
    net.layer(className, {}, [net.layer("Rescaling", { scale: 1, offset: 0.5 }, b), a]),
  );
}

const mel = { fft_length: 8, sequence_stride: 3, num_mel_bins: 2, sampling_rate: 100, top_db: 3 };

it.each<[string, ModelConfig, Record<string, number[]>]>([
  ["Maximum", extremum("Maximum"), { a: [2, 3, 4], b: [2, 1, 4] }],
  ["Minimum", extremum("Minimum"), { a: [2, 3, 4], b: [2, 1, 4] }],
  ["MelSpectrogram, of what is far below the loudest", single("MelSpectrogram", mel, [{ shape: [2, 24] }]), { input_0: [2, 24] }], // prettier-ignore
  ["AutoContrast", single("AutoContrast", {}, [{ shape: [2, 3, 4, 2] }]), { input_0: [2, 3, 4, 2] }], // prettier-ignore
])("%s", async (_, model, shapes) => {
  const x = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, numbers(shape)]),
  );
  const on = async (engine: "onnx" | "tfjs") => {
    await using session = await openGradient(model, new Map(), { engine, device: "cpu" });
    const { value } = await session.run(x);
    return (await session.run(x, { dy: numbers(value.shape) })).gradients;
  };
  const [reference, got] = [await on("onnx"), await on("tfjs")];
  for (const [name, { shape, data }] of Object.entries(reference)) {
    expect(got[name]!.shape).toEqual(shape);
    const expected = Array.from(data as Float32Array);
    const tolerance = 1e-5 * Math.max(1, ...expected.map(Math.abs));
    expected.forEach((value, i) =>
      expect(Math.abs(Number(got[name]!.data[i]) - value), `${name}, place ${i}`).toBeLessThan(tolerance)); // prettier-ignore
  }
});
