// The mel spectrogram of signals [batch, time]: [batch, bands, frames], in decibels unless `power_to_db` is false. Frames
// are around their middles, the signal mirrored at its ends, as librosa's.
// keras.io/api/layers/preprocessing_layers/audio_preprocessing/mel_spectrogram
import { CajalError, tensor } from "@cajal/core";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";

interface Config {
  readonly fft_length: number;
  readonly sequence_length: number;
  readonly window: unknown;
  readonly sampling_rate: number;
  readonly num_mel_bins: number;
  readonly min_freq: number;
  readonly max_freq: number;
}

export const melSpectrogram = defineLayer({
  className: "MelSpectrogram",
  fields: {
    /** Samples of the transform. */
    fft_length: f.positive(2048),
    /** Samples from one frame to the next. */
    sequence_stride: f.positive(512),
    /** Samples of the window, in the middle of the transform; null: all. */
    sequence_length: f.positiveOrNone(null),
    /** "hann" or "hamming", the numbers, or null for none. */
    window: f.kept("hann"),
    /** In Hz. */
    sampling_rate: f.positive(16000),
    /** Bands. */
    num_mel_bins: f.positive(128),
    /** Of the lowest band, in Hz. */
    min_freq: f.nonnegative(20),
    /** Of the highest band, in Hz; null: half of the sampling rate. */
    max_freq: f.limitOrNone(null),
    /** Whether what comes out is in decibels. */
    power_to_db: f.flag(true),
    /** Decibels below the loudest of the batch, at which the others end. */
    top_db: f.real(80),
    /** Exponent of the magnitude: 2 for power. */
    mag_exp: f.real(2),
    /** What less is taken for. */
    min_power: f.real(1e-10),
    /** What is 0 dB. */
    ref_power: f.real(1),
  },
  rank: 2,
  complete: (config) => ({
    ...config,
    sequence_length: config.sequence_length ?? config.fft_length,
    max_freq: config.max_freq ?? Math.trunc(config.sampling_rate / 2),
  }),
  shape: (config, [[batch, time]]) => {
    const { fft_length, sequence_length, sequence_stride, num_mel_bins } = config as Config & { readonly sequence_stride: number }; // prettier-ignore
    if (sequence_length > fft_length)
      throw new CajalError("bad-argument", `"sequence_length" is ${sequence_length}, more than "fft_length", which is ${fft_length}`, {}); // prettier-ignore
    windowOf(config as Config);
    const border = Math.floor(fft_length / 2);
    if (time !== null && time <= border)
      throw new CajalError("bad-shape", `a signal of ${time} samples cannot be mirrored by ${border}: it must be longer than half of "fft_length"`, { time }); // prettier-ignore
    const frames = time === null ? null : 1 + Math.floor((time + 2 * border - fft_length) / sequence_stride); // prettier-ignore
    return [[batch, num_mel_bins, frames]];
  },
  layout: "channelsLast",
  lower: (config, [x], g) => {
    const { fft_length, sequence_stride, mag_exp, num_mel_bins } = config;
    const border = Math.floor(fft_length / 2);
    const bins = Math.floor(fft_length / 2) + 1;
    const signal = g.pad(g.unsqueeze(x, [1]), {
      pads: [0, 0, border, 0, 0, border],
      mode: "reflect",
    });
    const [real, imag] = transform(config as Config).map((kernel) =>
      g.conv(signal, g.constant(tensor("float32", [bins, 1, fft_length], kernel)), undefined, {
        kernel_shape: [fft_length],
        strides: [sequence_stride],
      }),
    );
    const power = g.add(g.mul(real!, real!), g.mul(imag!, imag!));
    const spectrum = mag_exp === 2 ? power : g.pow(g.sqrt(power), mag_exp);
    const bands = g.constant(tensor("float32", [num_mel_bins, bins], melBands(config as Config, bins))); // prettier-ignore
    const y = g.matMul(bands, spectrum); // [batch, bands, frames]
    return [config.power_to_db ? decibels(y) : y];

    function decibels(y: typeof power) {
      const { min_power, ref_power, top_db } = config;
      const perDecade = 10 / Math.LN10;
      const reference = 10 * Math.log10(Math.max(Math.abs(ref_power), min_power));
      const loudness = g.sub(g.mul(g.log(g.max(y, min_power)), perDecade), reference);
      const least = g.sub(g.reduceMax(loudness, { keepdims: false }), top_db);
      return g.max(loudness, least);
    }
  },
  samples: [
    { config: { fft_length: 8, sequence_stride: 3, num_mel_bins: 4, sampling_rate: 100, min_freq: 5 }, inputs: [[2, 20]] }, // prettier-ignore
    { config: { fft_length: 8, sequence_length: 5, sequence_stride: 4, num_mel_bins: 3, sampling_rate: 50, mag_exp: 1, window: "hamming", power_to_db: false }, inputs: [[1, 12]] }, // prettier-ignore
  ],
});

/** Periodic, as Keras makes it. */
function windowOf({ window, sequence_length: n }: Config): readonly number[] {
  if (window === null) return Array<number>(n).fill(1);
  if (Array.isArray(window) && window.length === n && window.every((each) => typeof each === "number")) return window; // prettier-ignore
  const [mean, swing] = window === "hann" ? [0.5, 0.5] : window === "hamming" ? [0.54, 0.46] : [];
  if (mean === undefined || swing === undefined)
    throw new CajalError("bad-argument", `"window" is ${JSON.stringify(window)}, expected "hann", "hamming", null or ${n} numbers`, {}); // prettier-ignore
  return Array.from({ length: n }, (_, i) => mean - swing * Math.cos((2 * Math.PI * i) / n));
}

/** Real and imaginary kernels, [frequencies, fft_length]. */
function transform(config: Config): [Float32Array, Float32Array] {
  const { fft_length: n, sequence_length } = config;
  const window = windowOf(config);
  const before = Math.floor((n - sequence_length) / 2);
  const bins = Math.floor(n / 2) + 1;
  const [real, imag] = [new Float32Array(bins * n), new Float32Array(bins * n)];
  // All angles are multiples of one.
  const cos = Float64Array.from({ length: n }, (_, i) => Math.cos((2 * Math.PI * i) / n));
  const sin = Float64Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * i) / n));
  for (let bin = 0; bin < bins; bin++)
    for (let i = 0; i < sequence_length; i++) {
      const time = before + i;
      const at = (bin * time) % n;
      real[bin * n + time] = window[i]! * cos[at]!;
      imag[bin * n + time] = -window[i]! * sin[at]!;
    }
  return [real, imag];
}

/** Triangles over frequencies, each 1 at its middle, linear in mel (HTK): [bands, frequencies]. In float32, as in Keras. */
function melBands(config: Config, bins: number): Float32Array {
  const { num_mel_bins, sampling_rate, min_freq, max_freq } = config;
  const mel = (hertz: number) => f32(1127 * f32(Math.log(f32(1 + f32(hertz / 700)))));
  const [lowest, highest] = [mel(f32(min_freq)), mel(f32(max_freq))];
  const edges = evenly(lowest, highest, num_mel_bins + 2);
  const frequencies = evenly(0, f32(sampling_rate / 2), bins);
  const bands = new Float32Array(num_mel_bins * bins);
  // Without the first frequency, 0.
  for (let bin = 1; bin < bins; bin++) {
    const at = mel(frequencies[bin]!);
    for (let band = 0; band < num_mel_bins; band++) {
      const [lower, middle, upper] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
      const rising = f32(f32(at - lower) / f32(middle - lower));
      const falling = f32(f32(upper - at) / f32(upper - middle));
      bands[band * bins + bin] = Math.max(0, Math.min(rising, falling));
    }
  }
  return bands;
}

const f32 = Math.fround;

/** `count` numbers from `first` to `last`. */
const evenly = (first: number, last: number, count: number): readonly number[] => {
  const step = f32(f32(last - first) / (count - 1));
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? last : f32(first + f32(step * i)))); // prettier-ignore
};
