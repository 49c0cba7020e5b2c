// WAV files (Multimedia Programming Interface 1.0, 1991, and WAVE_FORMAT_EXTENSIBLE): samples as floats, as soundfile and
// torchaudio give them.
import { CajalError, checkArgument, checkOptions, tensor, type Tensor } from "@cajal/core";

export interface Wav {
  /** In Hz. */
  readonly sampleRate: number;
  /** float32 `[frames, channels]`, −1 … 1; those of files of floats are as they are. */
  readonly samples: Tensor<"float32">;
}

/** Of each kind of sample: code of the format and bits, bytes, and its value. */
const formats: Readonly<
  Record<string, { bytes: number; read: (view: DataView, at: number) => number }>
> = {
  // 8 bits are unsigned.
  "1/8": { bytes: 1, read: (view, at) => (view.getUint8(at) - 128) / 128 },
  "1/16": { bytes: 2, read: (view, at) => view.getInt16(at, true) / 2 ** 15 },
  "1/24": { bytes: 3, read: (view, at) => (view.getUint8(at) | (view.getInt16(at + 1, true) << 8)) / 2 ** 23 }, // prettier-ignore
  "1/32": { bytes: 4, read: (view, at) => view.getInt32(at, true) / 2 ** 31 },
  "3/32": { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  "3/64": { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
};

/**
 * Reads a WAV file: PCM of 8, 16, 24 and 32 bits, floats of 32 and 64, any number of channels.
 *
 * @param options.name what to call it in messages
 * @throws CajalError `bad-file`; `unsupported` for other formats (ADPCM, A-law)
 * @example const { samples, sampleRate } = parseWav(await readFile("tone.wav"));
 */
export function parseWav(bytes: Uint8Array, options: { name?: string } = {}): Wav {
  checkArgument("parseWav", "bytes", bytes, "bytes");
  checkOptions("parseWav", options, { name: "string" });
  const { name = "WAV" } = options;
  const bad = (why: string) => new CajalError("bad-file", `${name}: ${why}. It is truncated, damaged, or another file.`, { name, length: bytes.length }); // prettier-ignore
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.length < 12 || text(0) !== "RIFF" || text(8) !== "WAVE") throw bad("it does not begin as RIFF … WAVE"); // prettier-ignore
  let format: { key: string; channels: number; sampleRate: number; stride: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    const content = at + 8;
    if (text(at) === "fmt ") {
      if (size < 16 || content + 16 > bytes.length) throw bad("its format is too short");
      let code = view.getUint16(content, true);
      // WAVE_FORMAT_EXTENSIBLE has the code in the first two bytes of a GUID.
      if (code === 0xfffe && size >= 26 && content + 26 <= bytes.length) code = view.getUint16(content + 24, true); // prettier-ignore
      const key = `${code}/${view.getUint16(content + 14, true)}`;
      const channels = view.getUint16(content + 2, true);
      const sampleRate = view.getUint32(content + 4, true);
      if (!Object.hasOwn(formats, key))
        throw new CajalError("unsupported", `${name}: got samples of format ${code} with ${key.split("/")[1]} bits, expected PCM (1) of 8, 16, 24 or 32 bits or floats (3) of 32 or 64.`, { name, format: code }); // prettier-ignore
      if (channels === 0 || sampleRate === 0) throw bad(`it has ${channels} channels at ${sampleRate} Hz`); // prettier-ignore
      const { bytes: width } = formats[key]!;
      // nBlockAlign: bytes of a frame. 0 says nothing; whole numbers of 16 bits and more may lie in wider places.
      const frame = view.getUint16(content + 12, true) || width * channels;
      const stride = frame / channels;
      if (stride !== width && !(Number.isInteger(stride) && stride > width && code === 1 && width > 1))
        throw bad(`it says that a frame has ${frame} bytes, and ${channels} samples of ${width} bytes make one`); // prettier-ignore
      format = { key, channels, sampleRate, stride };
    } else if (text(at) === "data") {
      if (format === undefined) throw bad("its samples stand before their format");
      // What writes to a pipe does not know the size, and says the largest.
      const length = size === 0xffffffff ? bytes.length - content : size;
      if (content + length > bytes.length) throw bad(`it says that it has ${length} bytes of samples, and ends after ${bytes.length - content}`); // prettier-ignore
      const { bytes: width, read } = formats[format.key]!;
      const { stride } = format;
      const frames = Math.floor(length / (stride * format.channels));
      const samples = tensor("float32", [frames, format.channels]);
      // The most significant bytes come last, and are filled first.
      const first = content + stride - width;
      for (let i = 0; i < samples.data.length; i++) samples.data[i] = read(view, first + stride * i); // prettier-ignore
      return { sampleRate: format.sampleRate, samples };
    }
    // Chunks are filled up to an even length.
    at = content + size + (size % 2);
  }
  throw bad(format === undefined ? "it has no format" : "it has no samples");
}
