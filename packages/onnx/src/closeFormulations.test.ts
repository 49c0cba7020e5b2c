import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { GraphBuilder } from "./graph/builder";
import type { Convolution } from "./graph/convolution";
import { gradients } from "./differentiate";
import { encodeModel } from "./file/encode";
import { closeImageGradients } from "./gradients/shared/imageGradient";
import { closeKernelGradients } from "./gradients/shared/kernelGradient";
import type { CloseFormulations } from "./closeFormulations";

interface Layer {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attributes?: { strides?: number[]; pads?: number[]; group?: number };
}

const layers: Record<string, Layer> = {
  "3 × 3": { x: [2, 32, 6, 5], w: [8, 32, 3, 3], attributes: { pads: [1, 1, 1, 1] } },
  "few channels": { x: [2, 3, 6, 5], w: [8, 3, 3, 3] },
  "stride 2": { x: [2, 16, 8, 8], w: [8, 16, 4, 4], attributes: { strides: [2, 2] } },
  "1 × 1": { x: [2, 8, 3, 3], w: [8, 8, 1, 1] },
  depthwise: { x: [2, 4, 5, 5], w: [4, 1, 3, 3], attributes: { group: 4 } },
  groups: { x: [2, 8, 5, 5], w: [4, 4, 3, 3], attributes: { group: 2 } },
  "one extent": { x: [2, 32, 9], w: [8, 32, 3] },
  "three extents": { x: [1, 32, 4, 4, 4], w: [4, 32, 2, 2, 2] },
};

/** The gradients of a convolution's sum, by image and kernel. */
function differentiated(
  { x, w, attributes }: Layer,
  choose: (close: CloseFormulations) => string,
  target: { block?: number; webgpu?: boolean } = {},
) {
  const g = new GraphBuilder();
  const [image, kernel] = [g.input("x", "float32", x), g.input("w", "float32", w)];
  const dxs = gradients(g, g.conv(image, kernel, undefined, attributes), [image, kernel], {
    choose,
    ...target,
  });
  dxs.forEach((dx, i) => g.output(dx, `d${i}`));
  return g.build();
}

describe.each(Object.entries(layers))("%s", (_, layer) => {
  const asked: CloseFormulations[] = [];
  const byRule = differentiated(layer, (close) => {
    asked.push(close);
    return close.names[0]!;
  });

  it("leaves something to choose, and takes what is chosen", () => {
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked.map(({ key }) => key)).size).toBe(asked.length);
    for (const { key, names } of asked) {
      const other = differentiated(layer, (close) => (close.key === key ? names[1]! : close.names[0]!)); // prettier-ignore
      expect(other).not.toEqual(byRule);
    }
    // What is not among the names is not taken.
    expect(differentiated(layer, () => "magic")).toEqual(byRule);
  });

  it("has trials that compute one gradient", async () => {
    for (const { names, trial } of asked) {
      const values: number[] = [];
      for (const name of names) {
        const session = await ort.InferenceSession.create(encodeModel(trial(name)), {
          intraOpNumThreads: 1,
        });
        const { y } = await session.run({ x: new ort.Tensor("float32", [0.5], []) });
        values.push(Number(y!.data[0]));
        await session.release();
      }
      expect(values[0]).not.toBe(0);
      for (const value of values) expect(value).toBeCloseTo(values[0]!, 3);
    }
  });
});

it("counts multiply-adds as the convolution does", () => {
  const counts: number[] = [];
  differentiated({ x: [2, 32, 6, 5], w: [8, 32, 3, 3] }, ({ multiplyAdds, names }) => {
    counts.push(multiplyAdds);
    return names[0]!;
  });
  // Batch 2, output 4 × 3, kernel 3 × 3, channels 32, maps 8.
  expect(new Set(counts)).toEqual(new Set([2 * 4 * 3 * 3 * 3 * 32 * 8]));
});

it("asks for nothing where blocked kernels or webgpu decide", () => {
  const never = ({ key }: CloseFormulations) => {
    throw new Error(key);
  };
  differentiated({ x: [2, 16, 5, 5], w: [16, 1, 3, 3], attributes: { group: 16 } }, never, { block: 8 }); // prettier-ignore
  differentiated(layers["3 × 3"]!, never, { webgpu: true });
});

it("begins with the rule's formulation, and names no other twice", () => {
  const conv: Convolution = {
    batch: 8,
    channels: 64,
    maps: 64,
    group: 1,
    input: [8, 8],
    output: [8, 8],
    kernel: [3, 3],
    strides: [1, 1],
    dilations: [1, 1],
    pads: [1, 1, 1, 1],
  };
  expect(closeKernelGradients(conv)).toEqual(["volume", "perImage", "wholeBatch"]);
  expect(closeKernelGradients({ ...conv, channels: 16 })).toEqual(["volume", "perImage", "columns"]); // prettier-ignore
  expect(closeKernelGradients({ ...conv, channels: 6 })).toEqual(["volume", "columns", "batchAsChannels"]); // prettier-ignore
  expect(closeKernelGradients({ ...conv, channels: 3 })).toEqual(["columns", "batchAsChannels"]);
  const large = { ...conv, input: [32, 32], output: [32, 32] };
  expect(closeKernelGradients({ ...large, channels: 16 })).toEqual(["perImage", "volume", "columns"]); // prettier-ignore
  expect(closeKernelGradients({ ...large, channels: 8 })).toEqual(["columns", "volume", "batchAsChannels"]); // prettier-ignore
  expect(closeKernelGradients(conv, { gpu: true })).toEqual(["wholeBatch"]);
  expect(closeImageGradients(conv, {})).toEqual(["flipped", "transposed", "columns"]);
  expect(closeImageGradients(conv, { gpu: true })).toEqual(["flipped", "transposed"]);
  // Columns of more than 32 MB, and the windows of a pool that stand out beyond the padding.
  expect(closeImageGradients({ ...conv, batch: 256 }, {})).toEqual(["flipped", "transposed"]);
  const strided = { ...conv, strides: [2, 2], output: [4, 4] };
  expect(closeImageGradients(strided, {})).toEqual(["transposed", "columns"]);
  expect(closeImageGradients({ ...strided, output: [5, 5] }, {})).toEqual(["transposed"]);
  expect(closeImageGradients(conv, { constant: true })).toEqual(["flipped"]);
});
