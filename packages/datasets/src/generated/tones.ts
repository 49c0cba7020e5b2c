import { checkInteger, checkNumber, checkOptions, random, tensor } from "@cajal/core";
import { dataset, type Dataset } from "../dataset";

/** Of the twelve, from A at 220 Hz. */
const notes = ["A", "A♯", "B", "C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯"];

/**
 * Sounds of one of twelve notes in one of three octaves, with overtones and noise.
 *
 * x float32 `[n, samples]`, −1 … 1; y int32 `[n]`: the note, whatever its octave.
 *
 * @param options.n sounds, default 120
 * @param options.sampleRate in Hz, default 8,000
 * @param options.samples of a sound, default 2,048
 * @param options.noise standard deviation, default 0.05
 * @param options.seed default 0; sound i is the same whatever n is
 */
export function tones(
  options: {
    n?: number;
    sampleRate?: number;
    samples?: number;
    noise?: number;
    seed?: number;
  } = {},
): Dataset<"float32", "int32"> {
  checkOptions("tones", options, ["n", "sampleRate", "samples", "noise", "seed"]);
  const { n = 120, sampleRate = 8000, samples = 2048, noise = 0.05, seed = 0 } = options;
  checkInteger("tones", "n", n, { least: 1, most: 1e6 });
  checkNumber("tones", "sampleRate", sampleRate, { least: 4000, most: 384_000 });
  checkInteger("tones", "samples", samples, { least: 1, most: 1e7 });
  checkNumber("tones", "noise", noise, { least: 0 });
  const x = tensor("float32", [n, samples]);
  const y = tensor("int32", [n]);
  for (let i = 0; i < n; i++) {
    const numbers = random(seed, "tones", i);
    const note = numbers.integer(notes.length);
    const frequency = 220 * 2 ** (note / 12 + numbers.integer(3));
    const phase = 2 * Math.PI * numbers.float();
    const overtone = 0.3 * numbers.float();
    y.data[i] = note;
    for (let k = 0; k < samples; k++) {
      const angle = (2 * Math.PI * frequency * k) / sampleRate + phase;
      const value = 0.6 * Math.sin(angle) + overtone * Math.sin(2 * angle) + noise * numbers.normal(); // prettier-ignore
      x.data[i * samples + k] = Math.min(1, Math.max(-1, value));
    }
  }
  return dataset({ x, y, classes: notes });
}
