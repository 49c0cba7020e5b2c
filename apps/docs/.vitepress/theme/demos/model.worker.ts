// Reads a model that the reader drops, shows what it is made of, runs it and says what it looks at. Nothing is sent anywhere.
import { dtypes, sizeOf, tensor, type DType, type Shape, type Tensor } from "@cajal/core";
import { openExplainer } from "@cajal/explain";
import { summary } from "@cajal/models";
import { open, type Session } from "@cajal/runtime";
import { readModel, type ReadGraph, type ReadModel } from "@cajal/transfer";
import type { Outcome } from "./useDemo";

export interface ToModel {
  readonly type: "open";
  /** The one that describes the model first. */
  readonly files: readonly File[];
  /** What it looks at, in place of a wave. */
  readonly picture?: File;
  /** What a picture's 0 … 255 become. */
  readonly range: PixelRange;
  /** More than one in an isolated page only. */
  readonly threads: number;
}

export const ranges = ["0 … 1", "−1 … 1", "0 … 255"] as const;
export type PixelRange = (typeof ranges)[number];

export interface ModelLayer {
  readonly layer: string;
  readonly kind: string;
  readonly output: string;
  readonly parameters: number | string;
}

export type FromModel =
  | {
      readonly type: "read";
      readonly format: string;
      readonly parameters: number;
      readonly layers: readonly ModelLayer[];
      /** How many more there are. */
      readonly more: number;
    }
  | {
      readonly type: "ran";
      readonly input: string;
      readonly output: string;
      readonly milliseconds: number;
      readonly first: readonly number[];
    }
  /** A map over the picture that it was run with. */
  | {
      readonly type: "explained";
      readonly method: "Grad-CAM" | "saliency";
      readonly width: number;
      readonly height: number;
      readonly map: readonly number[];
      /** Red, green, blue, opacity of the reader's picture, as large as the map. */
      readonly under?: Uint8ClampedArray;
    }
  | { readonly type: "unexplained"; readonly why: string };

const say = (message: FromModel | Outcome) => postMessage(message);
const most = 200;

addEventListener("message", async ({ data }: MessageEvent<ToModel>) => {
  if (data.type !== "open") return;
  try {
    await show(data);
    say({ type: "done" });
  } catch (error) {
    say({ type: "failed", message: (error as Error).message });
  }
});

const dims = (shape: readonly (number | string | null | undefined)[]) =>
  shape.map((extent) => extent ?? "?").join(" × ");

async function show({ files, picture, range, threads }: ToModel): Promise<void> {
  const byName = new Map(files.map((file) => [file.name, file]));
  const read = await readModel(byName, { graphs: true });
  const [count, layers] = described(read);
  say({
    type: "read",
    format: read.format,
    parameters: count,
    layers: layers.slice(0, most),
    more: Math.max(0, layers.length - most),
  });
  const where = { engine: "onnx", device: "wasm", threads } as const;
  await using session = isGraph(read)
    ? await open(read.model, where)
    : await open(read.model, read.weights, where);
  const feeds = inputsOf(session);
  const drawn = picture && (await drawnOn(feeds, picture, range, isGraph(read)));
  const began = performance.now();
  const outputs = await session.run(feeds);
  const [name, first] = Object.entries(outputs)[0]!;
  say({
    type: "ran",
    input: session.inputs.map(({ name, shape }) => `${name} ${dims(shape ?? [])}`).join(", "),
    output: `${name} ${dims(first.shape)}`,
    milliseconds: performance.now() - began,
    first: Array.from(first.data.subarray(0, 10) as Float32Array, Number),
  });
  await explain(read, Object.values(feeds), drawn);
}

interface Drawn {
  /** Channels last, as explainers take it. */
  readonly image: Tensor<"float32">;
  readonly under: Uint8ClampedArray;
}

/** Puts the reader's picture in place of the wave, as large as the network takes it. */
async function drawnOn(
  feeds: Record<string, Tensor>,
  picture: File,
  range: PixelRange,
  channelsFirst: boolean,
): Promise<Drawn> {
  const [name, wave] = Object.entries(feeds)[0]!;
  const [n = 0, ...rest] = wave.shape;
  const [height = 0, width = 0, channels = 0] = channelsFirst ? [...rest.slice(1), rest[0]!] : rest;
  if (
    n !== 1 ||
    rest.length !== 3 ||
    wave.dtype !== "float32" ||
    (channels !== 1 && channels !== 3)
  )
    throw new Error(`Its input ${name} is ${dims(wave.shape)}: no picture in grey or in colours.`);
  const bitmap = await createImageBitmap(picture, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" }); // prettier-ignore
  const context = new OffscreenCanvas(width, height).getContext("2d")!;
  context.drawImage(bitmap, 0, 0);
  const { data: under } = context.getImageData(0, 0, width, height);
  const scaled = { "0 … 1": (v: number) => v / 255, "−1 … 1": (v: number) => v / 127.5 - 1, "0 … 255": (v: number) => v }[range]; // prettier-ignore
  const image = tensor("float32", [1, height, width, channels]);
  for (let p = 0; p < width * height; p++) {
    const [r, g, b] = under.subarray(4 * p, 4 * p + 3);
    const colours = channels === 3 ? [r!, g!, b!] : [0.299 * r! + 0.587 * g! + 0.114 * b!];
    colours.forEach((value, c) => (image.data[p * channels + c] = scaled(value)));
  }
  const planes = () =>
    Float32Array.from(image.data, (_, i) => {
      const [c, p] = [Math.floor(i / (width * height)), i % (width * height)];
      return image.data[p * channels + c]!;
    });
  feeds[name] = channelsFirst ? tensor("float32", wave.shape, planes()) : image;
  return { image, under };
}

type Read = ReadModel | ReadGraph;
const isGraph = (read: Read): read is ReadGraph => "graph" in read.model;

/** Parameters, and a row a layer, or a node of a graph. */
function described(read: Read): [number, ModelLayer[]] {
  if (!isGraph(read)) {
    const { totalParams, layers } = summary(read.model);
    const rows = layers.map(({ name, className, output, params }) => ({ layer: name, kind: className, output: dims(output as Shape), parameters: params })); // prettier-ignore
    return [totalParams, rows];
  }
  const { model, weights } = read;
  const total = [...weights.values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const rows = model.graph.nodes.map(({ name, op, inputs, outputs }) => ({
    layer: name || outputs[0]!,
    kind: op,
    output: outputs.join(", "),
    parameters: inputs.reduce((sum, input) => sum + sizeOf(weights.get(input)?.shape ?? [0]), 0),
  }));
  return [total, rows];
}

/** Every input filled with a wave; a free extent is 1, and a picture's free sides 32. */
function inputsOf(session: Session): Record<string, Tensor> {
  return Object.fromEntries(
    session.inputs.map(({ name, dtype, shape }) => {
      const extents = (shape ?? [1]).map((extent, axis) =>
        typeof extent === "number" ? extent : axis > 0 && shape!.length === 4 ? 32 : 1,
      );
      const size = sizeOf(extents);
      if (size > 2 ** 24) throw new Error(`Its input ${name} has ${size} numbers, more than this page runs.`); // prettier-ignore
      if (!isDType(dtype)) throw new Error(`Its input ${name} is of ${dtype}, which this page does not make.`); // prettier-ignore
      return [name, wave(dtype, extents)];
    }),
  );
}

const isDType = (dtype: string | undefined): dtype is DType => dtypes.includes(dtype as DType);
const wave = (dtype: DType, shape: Shape): Tensor =>
  tensor(
    dtype,
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => {
      const value = 0.5 + 0.5 * Math.sin(i / 7);
      return dtype.startsWith("float") ? value : Math.round(value);
    }),
  );

/** Of what takes one picture: where it looks, by Grad-CAM; by how much each pixel moves the score, where there are no maps. */
async function explain(read: Read, inputs: readonly Tensor[], drawn?: Drawn): Promise<void> {
  const [input] = inputs;
  try {
    if (inputs.length !== 1 || input!.shape.length !== 4 || input!.dtype !== "float32")
      throw new Error("it takes no single picture.");
    const where = { engine: "onnx", device: "wasm" } as const;
    const explainer = isGraph(read)
      ? await openExplainer(read.model, where)
      : await openExplainer(read.model, read.weights, where);
    const [n, c, h, w] = input!.shape as [number, number, number, number];
    // Explainers take channels last of graphs, too.
    const image = drawn?.image ?? (isGraph(read) ? wave("float32", [n, h, w, c]) : input!);
    const cam = await explainer.attribute(image, { method: "grad-cam" }).catch(() => undefined);
    const { map } = cam ?? (await explainer.attribute(image, { method: "saliency" }));
    await explainer.dispose();
    const [height, width] = map.shape.slice(1) as [number, number];
    const values = Array.from(map.data.subarray(0, height * width), (v) => Math.abs(Number(v)));
    say({
      type: "explained",
      method: cam ? "Grad-CAM" : "saliency",
      width,
      height,
      map: values,
      ...(drawn && { under: drawn.under }),
    });
  } catch (error) {
    say({ type: "unexplained", why: (error as Error).message });
  }
}
