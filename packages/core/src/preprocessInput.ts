// Preprocessing of pixels into the input that a network was trained on. Keras: keras/src/applications/imagenet_utils.py.
import { CajalError } from "./checks/errors";
import { unknownName } from "./checks/names";
import { checkOptions } from "./checks/options";
import { showShape, tensor, type Allocate, type Tensor, checkTensor } from "./tensors/tensor";

/**
 * How pixels 0 … 255, channels red, green, blue, become a network's input:
 *
 * - `tf`: x / 127.5 − 1, in −1 … 1
 * - `caffe`: channels in the order blue, green, red, minus 103.939, 116.779, 123.68; not scaled
 * - `torch`: x / 255, minus 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225
 */
export type Preprocessing = "caffe" | "tf" | "torch";

type Channels = readonly [number, number, number];

/** For each output channel c: the input channel it is made of, and its value; float32 step by step, as NumPy. */
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
 * @param options.tensor allocates the result, as the context of a data set's `map` does; default: `tensor`
 * @returns float32 of the same shape
 * @throws CajalError `unknown-name` (mode), `bad-argument` (dtype), `bad-shape`
 */
export function preprocessInput(
  x: Tensor,
  mode: Preprocessing,
  options: { tensor?: Allocate } = {},
): Tensor<"float32"> {
  checkOptions("preprocessInput", options, { tensor: "function" });
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
  const out = (options.tensor ?? tensor)("float32", x.shape);
  const { data } = out;
  if (pixels instanceof Uint8Array) {
    preprocessBytes(pixels, mode, data);
  } else {
    for (let i = 0; i < data.length; i += 3)
      for (let c = 0; c < 3; c++) data[i + c] = value(pixels[i + from[c]!]!, c);
  }
  return out;
}

/** Of bytes there are 256, and three channels of them: what becomes of each is computed once. */
function preprocessBytes(pixels: Uint8Array, mode: Preprocessing, out: Float32Array): void {
  const { from, value } = modes[mode];
  // Where in a pixel of the result each channel goes, and, from 256 c on, what becomes of the values of channel c.
  const to = [0, 1, 2].map((c) => from.indexOf(c)) as [number, number, number];
  bytes[mode] ??= new Int32Array(Float32Array.from({ length: 3 * 256 }, (_, i) => value(i & 255, to[i >> 8]!)).buffer); // prettier-ignore
  // As words of 32 bits, which are copied; as numbers they would be widened to 64 bits and back.
  const values = bytes[mode];
  const words = new Int32Array(out.buffer, out.byteOffset, out.length);
  const [a, b, c] = to;
  let i = 0;
  // Four pixels at once, as three words: two thirds of the time.
  if (littleEndian && pixels.byteOffset % 4 === 0) {
    const fours = new Int32Array(pixels.buffer, pixels.byteOffset, pixels.length >> 2);
    for (let at = 0; i + 12 <= words.length; i += 12, at += 3) {
      const [p, q, r] = [fours[at]!, fours[at + 1]!, fours[at + 2]!];
      words[i + a] = values[p & 255]!;
      words[i + b] = values[256 + ((p >>> 8) & 255)]!;
      words[i + c] = values[512 + ((p >>> 16) & 255)]!;
      words[i + 3 + a] = values[p >>> 24]!;
      words[i + 3 + b] = values[256 + (q & 255)]!;
      words[i + 3 + c] = values[512 + ((q >>> 8) & 255)]!;
      words[i + 6 + a] = values[(q >>> 16) & 255]!;
      words[i + 6 + b] = values[256 + (q >>> 24)]!;
      words[i + 6 + c] = values[512 + (r & 255)]!;
      words[i + 9 + a] = values[(r >>> 8) & 255]!;
      words[i + 9 + b] = values[256 + ((r >>> 16) & 255)]!;
      words[i + 9 + c] = values[512 + (r >>> 24)]!;
    }
  }
  for (; i < words.length; i += 3) {
    words[i + a] = values[pixels[i]!]!;
    words[i + b] = values[256 + pixels[i + 1]!]!;
    words[i + c] = values[512 + pixels[i + 2]!]!;
  }
}

const bytes: Partial<Record<Preprocessing, Int32Array>> = {};

/** Whether the first byte of a word is its lowest, as on all machines that are common. */
const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
