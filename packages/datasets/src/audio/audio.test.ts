// Against soundfile and librosa: WAV files of every form, and features of them; small ones by hand.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { tensor, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { fft } from "./fft";
import { decibels, melFilters, melSpectrogram, mfcc } from "./mel";
import { parseWav } from "./parseWav";
import { stft } from "./stft";

/** A file of one channel at 8 kHz with 16 bits. */
function wav(samples: readonly number[], change: (view: DataView) => void = () => {}): Uint8Array {
  const bytes = new Uint8Array(44 + 2 * samples.length);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  text(0, "RIFF");
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, 8000, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => view.setInt16(44 + 2 * i, value, true));
  change(view);
  return bytes;
}

describe("parseWav", () => {
  it("reads samples", () => {
    const { sampleRate, samples } = parseWav(wav([0, 16384, -32768]));
    expect([sampleRate, samples.shape, [...samples.data]]).toEqual([8000, [3, 1], [0, 0.5, -1]]);
  });

  it("reads samples that lie in wider places, the upper bytes of them", () => {
    // 24 bits in blocks of four bytes: scipy.io.wavfile 1.17 reads 2³⁰ and −2³⁰, of 2³¹.
    const wide = wav([0, 0x4000, 0, -0x4000], (view) => {
      view.setUint16(32, 4, true);
      view.setUint16(34, 24, true);
    });
    expect([...parseWav(wide).samples.data]).toEqual([0.5, -0.5]);
  });

  it.each([
    ["bad-file", wav([1, 2], (view) => view.setUint16(32, 1, true))],
    ["bad-file", wav([1, 2], (view) => (view.setUint16(22, 2, true), view.setUint16(32, 5, true)))],
    ["bad-file", wav([1, 2], (view) => (view.setUint16(34, 8, true), view.setUint16(32, 2, true)))],
    ["bad-file", new Uint8Array()],
    ["bad-file", wav([1, 2]).subarray(0, 46)],
    ["bad-file", wav([1], (view) => view.setUint16(22, 0, true))],
    ["bad-file", wav([1], (view) => view.setUint32(36, 0, true))],
    ["unsupported", wav([1], (view) => view.setUint16(20, 2, true))],
    ["unsupported", wav([1], (view) => view.setUint16(34, 12, true))],
  ])("refuses with %s", (code, bytes) => {
    expect(() => parseWav(bytes)).toThrow(expect.objectContaining({ code }));
  });
});

describe("features", () => {
  it.each([1, 2, 3, 5, 8, 12, 400])("fft of size %i is its definition", (size) => {
    const re = Float64Array.from({ length: size }, (_, k) => Math.sin(k * k));
    const im = Float64Array.from({ length: size }, (_, k) => Math.cos(3 * k));
    const wanted = Array.from({ length: size }, (_, k) =>
      re.reduce((sum, x, j) => {
        const angle = (-2 * Math.PI * j * k) / size;
        return sum + x * Math.cos(angle) - im[j]! * Math.sin(angle);
      }, 0),
    );
    const got = re.slice();
    fft(size)(got, im.slice());
    got.forEach((value, k) => expect(value).toBeCloseTo(wanted[k]!, 9));
  });

  it.each(["hann", "hamming"] as const)(
    "a %s window of one sample leaves it as it is",
    (window) => {
      const signal = tensor("float32", [6], [1, 2, 3, 4, 5, 6]);
      const { real } = stft(signal, { fftSize: 2, hopLength: 2, windowLength: 1, window, center: false }); // prettier-ignore
      expect([...real.data]).toEqual([1, 1, 3, 3, 5, 5]);
    },
  );

  it.each([
    ["bad-shape", () => stft(tensor("float32", [8, 2]), { fftSize: 4 })],
    ["bad-shape", () => stft(tensor("float32", [3]), { fftSize: 8, center: false })],
    ["bad-argument", () => stft(tensor("float32", [8]), { window: "box" as never })],
    ["bad-argument", () => melFilters({ sampleRate: 8000, fftSize: 4, fmin: 5000 })],
    ["bad-argument", () => mfcc(tensor("float32", [1, 4]), { coefficients: 5 })],
    ["bad-shape", () => mfcc(tensor("float32", [4]))],
  ] as const)("refuse with %s", (code, refused) => {
    expect(refused).toThrow(expect.objectContaining({ code }));
  });
});

describeWithShared("reference audio", "reference/datasets/audio.json", (path) => {
  const folder = join(path, "..");
  const reference = JSON.parse(readFileSync(path, "utf8"));
  const read = (file: string) => parseWav(new Uint8Array(readFileSync(join(folder, file))));

  interface WavCase {
    file: string;
    sample_rate: number;
    channels: number;
    frames: number;
    sum_abs: number;
    first_8_frames: number[][];
    last_frame: number[];
  }
  it.each<WavCase>(reference.files)("$file", (each) => {
    const { sampleRate, samples } = read(each.file);
    expect(sampleRate).toBe(each.sample_rate);
    expect(samples.shape).toEqual([each.frames, each.channels]);
    const frame = (i: number) => Array.from(samples.data.subarray(i * each.channels, (i + 1) * each.channels)); // prettier-ignore
    // The reference has them to 8 digits.
    const near = (values: number[]) => values.map((value) => expect.closeTo(value, 7));
    each.first_8_frames.forEach((wanted, i) => expect(frame(i)).toEqual(near(wanted)));
    expect(frame(each.frames - 1)).toEqual(near(each.last_frame));
    const sum = samples.data.reduce((total, value) => total + Math.abs(value), 0);
    expect(sum).toBeCloseTo(each.sum_abs, 3);
  });

  interface Part {
    shape: number[];
    data: number[];
  }
  interface FeatureCase {
    file: string;
    options: Record<"n_fft" | "hop_length" | "win_length" | "n_mels" | "fmin" | "fmax" | "n_mfcc", number> & { window: "hann"; center: boolean; htk: boolean; norm: "slaney" | null }; // prettier-ignore
    frames: number[];
    frame_count: number;
    mel_filter_sum: number;
    power_sum: number;
    stft_real: Part[];
    stft_imag: Part[];
    mel: Part[];
    mel_db: Part[];
    mel_filter_1: Part;
    mfcc: Part;
  }
  it.each<FeatureCase>(reference.features)("features of $file, $options.n_fft", (each) => {
    const { samples, sampleRate } = read(each.file);
    const { n_fft: fftSize, hop_length: hopLength, win_length: windowLength, window, center, n_mels: bands, fmin, fmax, htk, norm, n_mfcc: coefficients } = each.options; // prettier-ignore
    const windows = { fftSize, hopLength, windowLength, window, center };
    const filters = { sampleRate, bands, fmin, fmax, scale: htk ? "htk" : "slaney", norm: norm ?? "none" } as const; // prettier-ignore
    /** Relative to the largest value, or absolute. */
    const close = (got: Tensor, parts: Part[], tolerance: number, relative = true) => {
      expect(got.shape[0]).toBe(each.frame_count);
      const width = got.shape[1]!;
      const most = relative ? Math.max(...parts.flatMap(({ data }) => data.map(Math.abs))) : 1;
      each.frames.forEach((frame, i) =>
        parts[i]!.data.forEach(
          (value, k) =>
          expect(Math.abs(Number(got.data[frame * width + k]) - value)).toBeLessThan(tolerance * most), // prettier-ignore
        ),
      );
    };
    const { real, imaginary } = stft(samples, windows);
    close(real, each.stft_real, 2e-6);
    close(imaginary, each.stft_imag, 2e-6);
    const power = real.data.reduce((sum, re, i) => sum + re * re + imaginary.data[i]! ** 2, 0);
    expect(power / each.power_sum).toBeCloseTo(1, 5);
    const triangles = melFilters({ ...filters, fftSize });
    const sum = triangles.data.reduce((total, value) => total + value, 0);
    expect(sum / each.mel_filter_sum).toBeCloseTo(1, 5);
    const mel = melSpectrogram(samples, { ...filters, ...windows });
    close(mel, each.mel, 1e-5);
    const db = decibels(mel);
    close(db, each.mel_db, 0.02, false);
    const cepstra = mfcc(db, { coefficients });
    // There coefficients come first.
    const [count, frames] = each.mfcc.shape as [number, number];
    expect(cepstra.shape).toEqual([frames, count]);
    each.mfcc.data.forEach((value, at) => {
      const [k, i] = [Math.floor(at / frames), at % frames];
      expect(Math.abs(cepstra.data[i * count + k]! - value)).toBeLessThan(0.02);
    });
  });
});
