// The short-time Fourier transform, as librosa.stft computes it.
import { CajalError, checkInteger, checkOptions, showShape, showValue, tensor, type Tensor } from "@cajal/core"; // prettier-ignore
import { checkValues } from "../checkValues";
import { fft } from "./fft";

export interface StftOptions {
  /** Samples of a frame, `n_fft`; default 2048. */
  readonly fftSize?: number;
  /** Samples from one frame to the next; default a quarter of the window's. */
  readonly hopLength?: number;
  /** Samples that the window is over, in the middle of the frame; default `fftSize`. */
  readonly windowLength?: number;
  /** Periodic, as for spectra; default hann. */
  readonly window?: "hann" | "hamming";
  /** Pads half a frame of zeros on both sides, so that frame i is centred at sample i · hopLength; default true. */
  readonly center?: boolean;
}

export const stftOptions = {
  fftSize: { whole: true, least: 1 },
  hopLength: { whole: true, least: 1 },
  windowLength: { whole: true, least: 1 },
  window: true,
  center: "boolean",
} as const;

export interface Stft {
  /** float32 `[frames, 1 + fftSize / 2]` */
  readonly real: Tensor<"float32">;
  /** float32 `[frames, 1 + fftSize / 2]` */
  readonly imaginary: Tensor<"float32">;
}

const shapes = {
  hann: (phase: number) => 0.5 - 0.5 * Math.cos(phase),
  hamming: (phase: number) => 0.54 - 0.46 * Math.cos(phase),
};

/**
 * The spectra of windows along a signal, in float64, rounded once.
 *
 * @param signal `[samples]`, or `[samples, 1]` as `parseWav` gives one channel
 * @throws CajalError `bad-shape` for several channels, or a signal shorter than a frame; `bad-argument`
 * @example const { real, imaginary } = stft(samples, { fftSize: 512, hopLength: 160 });
 */
export function stft(signal: Tensor, options: StftOptions = {}): Stft {
  checkOptions("stft", options, stftOptions);
  checkValues("stft", "signal", signal);
  const { fftSize = 2048, windowLength = fftSize, window = "hann", center = true } = options;
  const { hopLength = Math.max(1, windowLength >> 2) } = options;
  checkInteger("stft", "fftSize", fftSize, { least: 1, most: 2 ** 22 });
  checkInteger("stft", "windowLength", windowLength, { least: 1, most: fftSize });
  if (!Object.hasOwn(shapes, window))
    throw new CajalError("bad-argument", `stft: got window ${showValue(window)}, expected hann or hamming.`); // prettier-ignore
  const { shape } = signal;
  if (shape.length !== 1 && !(shape.length === 2 && shape[1] === 1))
    throw new CajalError("bad-shape", `stft: got a signal ${showShape(shape)}, expected [samples] or [samples,1]. Of several channels, hand over one after the other.`, { shape }); // prettier-ignore
  const pad = center ? fftSize >> 1 : 0;
  const length = signal.data.length + 2 * pad;
  if (length < fftSize)
    throw new CajalError("bad-shape", `stft: got ${signal.data.length} samples, expected at least the ${fftSize} of a frame.`, { shape, fftSize }); // prettier-ignore
  const frames = 1 + Math.floor((length - fftSize) / hopLength);
  const bins = 1 + (fftSize >> 1);
  const weights = new Float64Array(fftSize);
  const left = (fftSize - windowLength) >> 1;
  // Of a single sample the formula is where the window begins; SciPy's, and so librosa's, is 1.
  for (let k = 0; k < windowLength; k++)
    weights[left + k] = windowLength === 1 ? 1 : shapes[window]((2 * Math.PI * k) / windowLength);
  const transform = fft(fftSize);
  const [re, im] = [new Float64Array(fftSize), new Float64Array(fftSize)];
  const real = tensor("float32", [frames, bins]);
  const imaginary = tensor("float32", [frames, bins]);
  for (let i = 0; i < frames; i++) {
    im.fill(0);
    for (let k = 0; k < fftSize; k++) {
      const at = i * hopLength + k - pad;
      re[k] = at >= 0 && at < signal.data.length ? Number(signal.data[at]) * weights[k]! : 0;
    }
    transform(re, im);
    real.data.set(re.subarray(0, bins), i * bins);
    imaginary.data.set(im.subarray(0, bins), i * bins);
  }
  return { real, imaginary };
}
