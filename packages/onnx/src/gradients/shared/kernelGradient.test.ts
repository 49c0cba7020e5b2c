import { random, tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "../../graph/builder";
import type { Convolution } from "../../graph/convolution";
import { foldsStrides } from "../../graph/foldedStrides";
import { kernelGradients, type KernelGradient } from "./kernelGradient";
import { encodeModel } from "../../file/encode";

/** The definition: dw[m, c, i, j] = Σ over images and windows of dy · x. */
function byDefinition(x: Float32Array, dy: Float32Array, conv: Convolution): Float64Array {
  const { batch, channels, maps, group, pads } = conv;
  const [h, w] = conv.input as [number, number];
  const [oh, ow] = conv.output as [number, number];
  const [kh, kw] = conv.kernel as [number, number];
  const [sh, sw] = conv.strides as [number, number];
  const [dh, dw] = conv.dilations as [number, number];
  const per = channels / group;
  const result = new Float64Array(maps * per * kh * kw);
  for (let n = 0; n < batch; n++)
    for (let m = 0; m < maps; m++)
      for (let c = 0; c < per; c++) {
        const channel = Math.floor(m / (maps / group)) * per + c;
        for (let i = 0; i < kh; i++)
          for (let j = 0; j < kw; j++)
            for (let p = 0; p < oh; p++)
              for (let q = 0; q < ow; q++) {
                const row = p * sh + i * dh - pads[0]!;
                const column = q * sw + j * dw - pads[1]!;
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                result[((m * per + c) * kh + i) * kw + j]! +=
                  dy[((n * maps + m) * oh + p) * ow + q]! *
                  x[((n * channels + channel) * h + row) * w + column]!;
              }
      }
  return result;
}

const cases: Record<string, Partial<Convolution>> = {
  "3 × 3, same": { pads: [1, 1, 1, 1] },
  "5 × 2, uneven padding": { kernel: [5, 2], pads: [2, 0, 1, 1] },
  "1 × 1": { kernel: [1, 1] },
  "valid, one image": { batch: 1 },
  "stride 2": { strides: [2, 2], pads: [0, 0, 1, 1] },
  "stride 2 × 1, dilation 1 × 2": { strides: [2, 1], dilations: [1, 2], pads: [1, 2, 0, 1] },
  "stride 2, kernel 4": { kernel: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
  "stride 2, kernel 2 × 4, some left over": { kernel: [2, 4], strides: [2, 2], pads: [0, 1, 0, 2] },
  groups: { group: 2, pads: [1, 1, 1, 1] },
  "two maps a channel": { group: 4, maps: 8, pads: [1, 1, 1, 1] },
  depthwise: { group: 4, maps: 4, pads: [1, 1, 1, 1] },
  "depthwise, stride 2": { group: 4, maps: 4, strides: [2, 2], pads: [0, 0, 1, 1] },
  "stride 3 × 2, kernel 7": {
    input: [14, 13],
    kernel: [7, 7],
    strides: [3, 2],
    pads: [3, 3, 3, 3],
  },
  "stride and dilation": { input: [9, 9], strides: [2, 2], dilations: [2, 2], pads: [1, 1, 1, 1] },
  // As of a ConvTranspose with output padding, which dilation lets be as wide as a stride.
  "more left over than a stride": { output: [2, 1], dilations: [2, 2] },
  "stride larger than the kernel": { kernel: [1, 1], strides: [2, 2] },
};

/** What each formulation is for. */
const supports: Record<KernelGradient, (conv: Convolution) => boolean> = {
  depthwise: ({ group, channels }) => group === channels,
  products: ({ group, channels, maps }) => group === channels && group === maps,
  folded: foldsStrides,
  perImage: () => true,
  wholeBatch: ({ group }) => group === 1,
  columns: ({ group }) => group === 1,
  batchAsChannels: () => true,
  volume: ({ group }) => group === 1,
};

describe.each(Object.entries(kernelGradients))("%s", (name, formulation) => {
  it.each(Object.entries(cases))("%s", async (_, special) => {
    const convolution = {
      batch: 3,
      channels: 4,
      maps: 6,
      group: 1,
      input: [7, 6],
      kernel: [3, 3],
      strides: [1, 1],
      dilations: [1, 1],
      pads: [0, 0, 0, 0],
      ...special,
    };
    const output = convolution.input.map(
      (extent, i) =>
        Math.floor(
          (extent +
            convolution.pads[i]! +
            convolution.pads[i + 2]! -
            (convolution.kernel[i]! - 1) * convolution.dilations[i]! -
            1) /
            convolution.strides[i]!,
        ) + 1,
    );
    const conv: Convolution = { output, ...convolution };
    if (!supports[name as KernelGradient](conv)) return;
    const rng = random(5, name);
    const xShape = [conv.batch, conv.channels, ...conv.input];
    const dyShape = [conv.batch, conv.maps, ...conv.output];
    const values = (shape: number[]) =>
      tensor(
        "float32",
        shape,
        Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.normal()),
      );
    const [x, dy] = [values(xShape), values(dyShape)];
    const g = new GraphBuilder();
    g.output(
      formulation(g, g.input("x", "float32", xShape), g.input("dy", "float32", dyShape), conv),
      "dw",
    );
    const session = await ort.InferenceSession.create(encodeModel(g.build()));
    const result = await session.run({
      x: new ort.Tensor("float32", x.data, xShape),
      dy: new ort.Tensor("float32", dy.data, dyShape),
    });
    await session.release();
    expect(result.dw!.dims).toEqual([conv.maps, conv.channels / conv.group, ...conv.kernel]);
    const expected = byDefinition(x.data, dy.data, conv);
    // Sums of about 100 products of size 1, in float32.
    (result.dw!.data as Float32Array).forEach((value, i) =>
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4),
    );
  });
});
