// The short-time Fourier transform of signals [batch, time, channels], each channel by itself: two convolutions, with
// the window times cosine and sine, which are weights and may be trained.
// keras.io/api/layers/preprocessing_layers/audio_preprocessing/stft_spectrogram
import type { GraphBuilder, Value } from "@cajal/onnx";
import * as f from "./definition/fields";
import { defineLayer } from "./definition/layer";
import { channelsOf } from "./shared/shapes";
import { padAttributes, windows, type Window } from "./shared/windows";

/** keras.config.epsilon() */
const epsilon = 1e-7;

interface Config {
  readonly mode: "log" | "magnitude" | "psd" | "real" | "imag" | "angle" | "stft";
  readonly frame_length: number;
  readonly frame_step: number | null;
  readonly fft_length: number | null;
  readonly padding: "valid" | "same";
}

const frames = ({ frame_length, frame_step, padding }: Config): Window => ({
  kernel: frame_length,
  // Half of 1 is none, at which Keras fails.
  stride: frame_step ?? Math.max(1, Math.floor(frame_length / 2)),
  padding,
});

/** Frequencies from 0 to half of the sampling rate. */
const frequenciesOf = ({ frame_length, fft_length }: Config) =>
  Math.floor((fft_length ?? 2 ** Math.ceil(Math.log2(frame_length))) / 2) + 1;

/** What is read of the transform, and so which of its weights there are. */
const parts = ({ mode }: Config) =>
  (["real", "imag"] as const).filter((part) => mode === part || !["real", "imag"].includes(mode));

export const stftSpectrogram = defineLayer({
  className: "STFTSpectrogram",
  fields: {
    /** "psd" is the power spectral density, "stft" the real part and behind it the imaginary one. */
    mode: f.oneOf(["log", "magnitude", "psd", "real", "imag", "angle", "stft"])("log"),
    /** Samples in a frame. */
    frame_length: f.positive(256),
    /** Samples from one frame to the next; null: half of a frame. */
    frame_step: f.positiveOrNone(null),
    /** Samples of the transform, of which frames have zeros behind; null: the next power of two. */
    fft_length: f.positiveOrNone(null),
    /** Its name in SciPy, its numbers, or null for none: what the weights begin as. */
    window: f.kept("hann"),
    /** Whether the window is one period, which ends before its beginning comes again. */
    periodic: f.flag(false),
    /** By what the window is divided at the beginning: "density", "spectrum" or null. */
    scaling: f.kept("density"),
    padding: f.oneOf(["valid", "same"])("valid"),
    data_format: f.dataFormat("channels_last"),
    /** Whether frequencies and channels are axes of their own: [batch, frames, frequencies, channels]. */
    expand_dims: f.flag(false),
  },
  rank: 3,
  shape: (config, [x]) => {
    const count = windows(x[1], frames(config));
    const frequencies = (config.mode === "stft" ? 2 : 1) * frequenciesOf(config);
    const channels = channelsOf(x);
    return [config.expand_dims ? [x[0], count, frequencies, channels] : [x[0], count, channels * frequencies]]; // prettier-ignore
  },
  weights: (config) => {
    const { window, scaling, periodic } = config;
    return parts(config).map((side) => ({
      name: `${side}_kernel`,
      shape: [config.frame_length, 1, frequenciesOf(config)],
      initializer: { class_name: "STFT", config: { side, window, periodic, scaling } },
      trainable: true,
    }));
  },
  layout: "channelsFirst",
  lower: (config, [x], g, { inputs, weight }) => {
    const channels = channelsOf(inputs[0]);
    const frequencies = frequenciesOf(config);
    const window = frames(config);
    const [real, imag] = (["real", "imag"] as const).map((part) => {
      if (!parts(config).includes(part)) return undefined;
      // [frame, 1, frequencies] -> [frequencies, 1, frame], the same for each channel.
      const kernel = weight(`${part}_kernel`, [{ permute: [2, 1, 0] }]);
      const kernels = channels === 1 ? kernel : g.concat(Array(channels).fill(kernel), { axis: 0 });
      return g.conv(x, kernels, undefined, {
        kernel_shape: [window.kernel],
        strides: [window.stride],
        group: channels,
        ...padAttributes([inputs[0][1]], [window]),
      });
    });
    /** [batch, channels · frequencies, frames] with frequencies as an axis of their own. */
    const apart = (y: Value, count = frequencies) => g.reshape(y, [0, channels, count, -1]);
    const together = (y: Value, count = frequencies) => g.reshape(y, [0, channels * count, -1]);
    const y = valueOf(g, config.mode, { real, imag, apart, together });
    const count = config.mode === "stft" ? 2 * frequencies : frequencies;
    return [config.expand_dims ? g.transpose(apart(y, count), [0, 1, 3, 2]) : y];
  },
  samples: [
    { config: { frame_length: 4, frame_step: 3 }, inputs: [[2, 12, 2]] },
    { config: { frame_length: 6, mode: "psd", padding: "same", expand_dims: true }, inputs: [[1, 14, 2]] }, // prettier-ignore
    { config: { frame_length: 4, mode: "angle" }, inputs: [[1, 9, 1]] },
    { config: { frame_length: 4, mode: "stft", fft_length: 6 }, inputs: [[1, 9, 2]] },
    { config: { frame_length: 4, mode: "imag" }, inputs: [[1, 9, 1]] },
  ],
});

interface Transform {
  readonly real: Value | undefined;
  readonly imag: Value | undefined;
  apart(y: Value, frequencies?: number): Value;
  together(y: Value, frequencies?: number): Value;
}

/** What a mode makes of the transform. Its frequencies are `apart` on axis 2, which is where they double. */
function valueOf(
  g: GraphBuilder,
  mode: Config["mode"],
  { real, imag, apart, together }: Transform,
): Value {
  if (!real) return imag!;
  if (!imag) return real;
  if (mode === "angle") return angle(g, imag, real);
  if (mode === "stft") {
    const both = g.concat([apart(real), apart(imag)], { axis: 2 });
    const [, , frequencies] = both.shape as readonly number[];
    return together(both, frequencies);
  }
  const power = g.add(g.mul(real, real), g.mul(imag, imag));
  if (mode === "psd") {
    // All but the first and the last frequency stand for their negatives, too.
    const byFrequency = apart(power);
    const inner = g.slice(byFrequency, { starts: [1], ends: [-1], axes: [2] });
    return together(g.add(byFrequency, g.pad(inner, { pads: [0, 0, 1, 0, 0, 0, 1, 0] })));
  }
  const magnitude = g.sqrt(g.max(power, epsilon));
  return mode === "log" ? g.log(g.max(magnitude, epsilon)) : magnitude;
}

/** arctan2(y, x) */
function angle(g: GraphBuilder, y: Value, x: Value): Value {
  const isZero = g.equal(x, 0);
  const ahead = g.atan(g.div(y, g.where(isZero, g.scalar("float32", 1), x)));
  const turned = g.add(ahead, g.where(g.less(y, 0), g.scalar("float32", -Math.PI), g.scalar("float32", Math.PI))); // prettier-ignore
  const aside = g.mul(g.sign(y), Math.PI / 2);
  return g.where(isZero, aside, g.where(g.less(x, 0), turned, ahead));
}
