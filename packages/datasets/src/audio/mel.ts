// Mel spectrograms, decibels and cepstra, as librosa computes them (librosa.filters.mel, feature.melspectrogram,
// power_to_db, feature.mfcc).
import { CajalError, checkInteger, checkNumber, checkOptions, showShape, showValue, tensor, type Tensor } from "@cajal/core"; // prettier-ignore
import { checkValues } from "../checkValues";
import { stft, stftOptions, type StftOptions } from "./stft";

export interface MelOptions {
  /** In Hz. */
  readonly sampleRate: number;
  /** Number of bands, `n_mels`; default 128. */
  readonly bands?: number;
  /** Lowest frequency in Hz, default 0. */
  readonly fmin?: number;
  /** Highest frequency in Hz, default half the sample rate. */
  readonly fmax?: number;
  /** The scale: librosa's default "slaney", or "htk". */
  readonly scale?: "slaney" | "htk";
  /** Whether each triangle has the area 1, librosa's default, or the height 1. */
  readonly norm?: "slaney" | "none";
}

const melOptions = { sampleRate: true, bands: true, fmin: true, fmax: true, scale: true, norm: true } as const; // prettier-ignore

const scales = {
  // Linear below 1000 Hz, logarithmic above (Slaney, Auditory Toolbox).
  slaney: {
    mel: (f: number) => (f < 1000 ? (3 * f) / 200 : 15 + (27 * Math.log(f / 1000)) / Math.log(6.4)),
    hertz: (mel: number) => (mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp((Math.log(6.4) / 27) * (mel - 15))), // prettier-ignore
  },
  htk: {
    mel: (f: number) => 2595 * Math.log10(1 + f / 700),
    hertz: (mel: number) => 700 * (10 ** (mel / 2595) - 1),
  },
};

/**
 * Triangles over the bins of a spectrum, evenly spaced in mel.
 *
 * @param options.fftSize samples of a frame
 * @returns float32 `[bands, 1 + fftSize / 2]`
 * @throws CajalError `bad-argument`
 */
export function melFilters(options: MelOptions & { fftSize: number }): Tensor<"float32"> {
  checkOptions("melFilters", options, { ...melOptions, fftSize: true });
  const { sampleRate, fftSize, bands = 128, fmin = 0, scale = "slaney", norm = "slaney" } = options;
  const { fmax = sampleRate / 2 } = options;
  checkNumber("melFilters", "sampleRate", sampleRate, { least: 1, most: 1e9 });
  checkInteger("melFilters", "fftSize", fftSize, { least: 1, most: 2 ** 22 });
  checkInteger("melFilters", "bands", bands, { least: 1, most: 2 ** 16 });
  checkNumber("melFilters", "fmin", fmin, { least: 0 });
  checkNumber("melFilters", "fmax", fmax);
  if (fmax <= fmin) throw new CajalError("bad-argument", `melFilters: got fmax ${fmax}, expected more than fmin ${fmin}.`, { fmin, fmax }); // prettier-ignore
  if (!Object.hasOwn(scales, scale)) throw new CajalError("bad-argument", `melFilters: got scale ${showValue(scale)}, expected slaney or htk.`); // prettier-ignore
  if (norm !== "slaney" && norm !== "none") throw new CajalError("bad-argument", `melFilters: got norm ${showValue(norm)}, expected slaney or none.`); // prettier-ignore
  const { mel, hertz } = scales[scale];
  const [low, high] = [mel(fmin), mel(fmax)];
  const edges = Float64Array.from({ length: bands + 2 }, (_, i) => hertz(low + ((high - low) * i) / (bands + 1))); // prettier-ignore
  const bins = 1 + (fftSize >> 1);
  const filters = tensor("float32", [bands, bins]);
  for (let band = 0; band < bands; band++) {
    const [left = 0, middle = 0, right = 0] = edges.subarray(band, band + 3);
    const height = norm === "slaney" ? 2 / (right - left) : 1;
    for (let bin = 0; bin < bins; bin++) {
      const f = (bin * sampleRate) / fftSize;
      const value = Math.min((f - left) / (middle - left), (right - f) / (right - middle));
      filters.data[band * bins + bin] = height * Math.max(0, value);
    }
  }
  return filters;
}

/**
 * The power of a signal's spectra, in mel bands.
 *
 * @param signal `[samples]` or `[samples, 1]`
 * @param options of the filters and, but for `sampleRate`, of `stft`
 * @returns float32 `[frames, bands]`
 * @throws CajalError as `stft` and `melFilters` do
 * @example decibels(melSpectrogram(samples, { sampleRate, fftSize: 512, hopLength: 160, bands: 40 }))
 */
export function melSpectrogram(
  signal: Tensor,
  options: MelOptions & StftOptions,
): Tensor<"float32"> {
  // prettier-ignore
  checkOptions("melSpectrogram", options, { ...melOptions, ...stftOptions });
  const { sampleRate, bands, fmin, fmax, scale, norm, ...windows } = options;
  const { fftSize = 2048 } = windows;
  const stated = Object.entries({ bands, fmin, fmax, scale, norm }).filter(([, value]) => value !== undefined); // prettier-ignore
  const filters = melFilters({ sampleRate, fftSize, ...Object.fromEntries(stated) });
  const { real, imaginary } = stft(signal, windows);
  const [frames, bins] = real.shape as [number, number];
  const count = filters.shape[0]!;
  const out = tensor("float32", [frames, count]);
  for (let i = 0; i < frames; i++)
    for (let band = 0; band < count; band++) {
      let sum = 0;
      for (let bin = 0; bin < bins; bin++) {
        const weight = filters.data[band * bins + bin]!;
        if (weight === 0) continue;
        const [re, im] = [real.data[i * bins + bin]!, imaginary.data[i * bins + bin]!];
        sum += weight * (re * re + im * im);
      }
      out.data[i * count + band] = sum;
    }
  return out;
}

/**
 * Power as decibels, 10 log₁₀(power / reference), none more than `topDb` below the largest.
 *
 * @param options.reference default 1
 * @param options.amin the least power that counts, default 1e-10
 * @param options.topDb default 80; Infinity keeps all
 */
export function decibels(
  power: Tensor,
  options: { reference?: number; amin?: number; topDb?: number } = {},
): Tensor<"float32"> {
  checkValues("decibels", "power", power);
  checkOptions("decibels", options, ["reference", "amin", "topDb"]);
  const { reference = 1, amin = 1e-10, topDb = 80 } = options;
  checkNumber("decibels", "reference", reference, { least: Number.MIN_VALUE });
  checkNumber("decibels", "amin", amin, { least: Number.MIN_VALUE });
  if (!(typeof topDb === "number" && topDb >= 0)) throw new CajalError("bad-argument", `decibels: got topDb ${showValue(topDb)}, expected 0 or more.`); // prettier-ignore
  const out = tensor("float32", power.shape);
  const least = 10 * Math.log10(Math.max(amin, reference));
  let most = -Infinity;
  for (let i = 0; i < out.data.length; i++) {
    out.data[i] = 10 * Math.log10(Math.max(amin, Number(power.data[i]))) - least;
    most = Math.max(most, out.data[i]!);
  }
  for (let i = 0; i < out.data.length; i++) out.data[i] = Math.max(out.data[i]!, most - topDb);
  return out;
}

/**
 * Mel-frequency cepstral coefficients: the orthonormal DCT-II of decibels in mel bands.
 *
 * @param spectrogram decibels `[frames, bands]`
 * @param options.coefficients how many, default 20
 * @returns float32 `[frames, coefficients]`
 */
export function mfcc(
  spectrogram: Tensor,
  options: { coefficients?: number } = {},
): Tensor<"float32"> {
  checkValues("mfcc", "spectrogram", spectrogram);
  checkOptions("mfcc", options, { coefficients: { whole: true, least: 1 } });
  const [frames, bands] = spectrogram.shape;
  if (spectrogram.shape.length !== 2 || !bands)
    throw new CajalError("bad-shape", `mfcc: got ${showShape(spectrogram.shape)}, expected decibels [frames, bands].`, { shape: spectrogram.shape }); // prettier-ignore
  const { coefficients = 20 } = options;
  checkInteger("mfcc", "coefficients", coefficients, { least: 1, most: bands });
  const out = tensor("float32", [frames!, coefficients]);
  for (let k = 0; k < coefficients; k++) {
    const scale = Math.sqrt((k === 0 ? 1 : 2) / bands);
    const basis = Float64Array.from({ length: bands }, (_, n) => scale * Math.cos((Math.PI * k * (2 * n + 1)) / (2 * bands))); // prettier-ignore
    for (let i = 0; i < frames!; i++) {
      let sum = 0;
      for (let n = 0; n < bands; n++) sum += basis[n]! * Number(spectrogram.data[i * bands + n]);
      out.data[i * coefficients + k] = sum;
    }
  }
  return out;
}
