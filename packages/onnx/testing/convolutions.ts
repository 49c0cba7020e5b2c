// Convolutions that the gradients of Conv are tried on, and what those are by definition.
import { random, tensor, type Tensor } from "@cajal/core";
import type { Convolution } from "../src/graph/convolution";

const special: Record<string, Partial<Convolution>> = {
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

export const convolutions: readonly (readonly [string, Convolution])[] = Object.entries(
  special,
).map(([name, facts]) => {
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
    ...facts,
  };
  const { input, kernel, strides, dilations, pads } = convolution;
  const output = input.map(
    (extent, i) =>
      Math.floor(
        (extent + pads[i]! + pads[i + 2]! - (kernel[i]! - 1) * dilations[i]! - 1) / strides[i]!,
      ) + 1,
  );
  return [name, { output, ...convolution }];
});

/** Shapes of the image x, the kernel w and the result y. */
export const shapesOf = (conv: Convolution) => ({
  x: [conv.batch, conv.channels, ...conv.input],
  w: [conv.maps, conv.channels / conv.group, ...conv.kernel],
  y: [conv.batch, conv.maps, ...conv.output],
});

/** y[n, m, p, q] = Σ over channels and taps of w · x: calls back for each product, with indices of y, w and x. */
export function forEachProduct(
  conv: Convolution,
  visit: (y: number, w: number, x: number) => void,
): void {
  const { batch, channels, maps, group, pads } = conv;
  const [h, w] = conv.input as [number, number];
  const [oh, ow] = conv.output as [number, number];
  const [kh, kw] = conv.kernel as [number, number];
  const [sh, sw] = conv.strides as [number, number];
  const [dh, dw] = conv.dilations as [number, number];
  const per = channels / group;
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
                visit(
                  ((n * maps + m) * oh + p) * ow + q,
                  ((m * per + c) * kh + i) * kw + j,
                  ((n * channels + channel) * h + row) * w + column,
                );
              }
      }
}

/** Numbers of a normal distribution, the same ones for the same name. */
export function normals(shape: readonly number[], name: string): Tensor<"float32"> {
  const numbers = random(5, name);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float32",
    shape,
    Array.from({ length: size }, () => numbers.normal()),
  );
}
