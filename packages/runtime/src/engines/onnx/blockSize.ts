// Whether ONNX Runtime has blocked kernels on this processor, and their number of channels per block. They are
// internal to ONNX Runtime, so their behaviour is probed, not assumed.
import { random, tensor, type Tensor } from "@cajal/core";
import { blocked, GraphBuilder, type OnnxModel } from "@cajal/onnx";
import type { DeviceName } from "../../device/device";
import { fromOrt, onnxRuntime } from "./onnxRuntime";
import { toOrt } from "./toOrt.js";

let probeResult: Promise<number | undefined> | undefined;

/** Channels in a block; undefined where there are no such kernels, or none that work as expected. */
export function blockSize(device: DeviceName): Promise<number | undefined> {
  if (device !== "cpu") return Promise.resolve(undefined);
  return (probeResult ??= probeBlockSize().catch(() => undefined));
}

async function probeBlockSize(): Promise<number | undefined> {
  const { model, feeds } = sample();
  const expected = await results(model, feeds);
  for (const block of [16, 8])
    try {
      const got = await results(blocked(model, block), feeds);
      if (expected.every((value, i) => Math.abs(value - got[i]!) < 1e-4)) return block;
    } catch {
      // No such kernels, or kernels of another block size.
    }
  return undefined;
}

/** A convolution and a depthwise one, forward and backward: a wrong order of channels would change the results. */
function sample(): { model: OnnxModel; feeds: Record<string, Tensor> } {
  const g = new GraphBuilder({ name: "blocks" });
  const x = g.input("x", "float32", [1, 32, 5, 5]);
  const w = g.input("w", "float32", [32, 32, 3, 3]);
  const depthwise = g.input("depthwise", "float32", [32, 1, 3, 3]);
  const y = g.conv(x, w, undefined, { pads: [1, 1, 1, 1] });
  const z = g.conv(y, depthwise, undefined, { group: 32 });
  g.output(g.convTranspose(g.convTranspose(z, depthwise, undefined, { group: 32 }), w), "y");
  const numbers = random(1, "blocks");
  const feeds = Object.fromEntries(
    g.inputs.map(({ name, shape }) => {
      const size = (shape as number[]).reduce((a, b) => a * b, 1);
      const values = Float32Array.from({ length: size }, () => numbers.float() / 10);
      return [name, tensor("float32", shape as number[], values)];
    }),
  );
  return { model: g.build(), feeds };
}

async function results(
  model: OnnxModel,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Float32Array> {
  const { ort, session } = await onnxRuntime(model, { device: "cpu", threads: 1 });
  try {
    const ortFeeds = Object.entries(feeds).map(([name, value]) => [name, toOrt(ort, value)]);
    const { y } = await session.run(Object.fromEntries(ortFeeds));
    return fromOrt(y!, "y").data as Float32Array;
  } finally {
    await session.release();
  }
}
