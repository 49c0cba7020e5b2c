// From pixels to what a network was trained on. Keras: keras/src/applications/imagenet_utils.py.
import { CajalError } from "./errors";
import { unknownName } from "./names";
import { showShape, tensor, type Tensor, checkTensor } from "./tensor";

/**
 * How pixels 0 … 255, channels red, green, blue, become a network's input:
 *
 * - `tf`: x / 127.5 − 1, in −1 … 1
 * - `caffe`: channels turned to blue, green, red, then minus 103.939, 116.779, 123.68; not scaled
 * - `torch`: x / 255, minus 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225
 */
export type Preprocessing = "caffe" | "tf" | "torch";

type Channels = readonly [number, number, number];

/** For each output channel: the input channel it is made of, and its value; float32 step by step, as NumPy. */
const modes: Record<Preprocessing, { from: Channels; value: (x: number, c: number) => number }> = {
  tf: { from: [0, 1, 2], value: (x) => Math.fround(x / 127.5) - 1 },
  caffe: { from: [2, 1, 0], value: (x, c) => x - caffeMean[c]! },
  torch: {
    from: [0, 1, 2],
    value: (x, c) => Math.fround(Math.fround(x / 255) - torchMean[c]!) / torchDeviation[c]!,
  },
};

const caffeMean = [103.939, 116.779, 123.68].map(Math.fround);
const torchMean = [0.485, 0.456, 0.406].map(Math.fround);
const torchDeviation = [0.229, 0.224, 0.225].map(Math.fround);

/**
 * The input that a network with this preprocessing expects, as a new tensor.
 *
 * @param x pixels 0 … 255, uint8 or float32, [height, width, 3] or [batch, height, width, 3]
 * @param mode the network's own: `modelFacts(name).preprocessing` of @cajal/models
 * @returns float32 of the same shape
 * @throws CajalError `unknown-name` (mode), `bad-argument` (dtype), `bad-shape`
 */
export function preprocessInput(x: Tensor, mode: Preprocessing): Tensor<"float32"> {
  if (!Object.hasOwn(modes, mode)) throw unknownName("preprocessing", mode, Object.keys(modes));
  checkTensor(x, "preprocessInput");
  if (x.dtype !== "uint8" && x.dtype !== "float32")
    throw new CajalError(
      "bad-argument",
      `preprocessInput: got pixels of dtype ${x.dtype}, expected uint8 or float32, 0 … 255.`,
      { dtype: x.dtype },
    );
  if ((x.shape.length !== 3 && x.shape.length !== 4) || x.shape.at(-1) !== 3)
    throw new CajalError(
      "bad-shape",
      `preprocessInput: got pixels ${showShape(x.shape)}, expected [height, width, 3] or [batch, height, width, 3].`,
      { shape: x.shape },
    );
  const { from, value } = modes[mode];
  const pixels = x.data as Uint8Array | Float32Array;
  const out = tensor("float32", x.shape);
  const { data } = out;
  const bytes = x.dtype === "uint8";
  for (let c = 0; c < 3; c++) {
    const source = from[c]!;
    // Of bytes there are 256.
    const byByte = Float32Array.from({ length: bytes ? 256 : 0 }, (_, byte) => value(byte, c));
    if (bytes) for (let i = c; i < data.length; i += 3) data[i] = byByte[pixels[i - c + source]!]!;
    else for (let i = c; i < data.length; i += 3) data[i] = value(pixels[i - c + source]!, c);
  }
  return out;
}
