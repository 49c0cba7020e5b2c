// Scores of images that are changed in one place after the other, as occlusion does.
import { sizeOf, type Tensor } from "@cajal/core";
import { patchingFor, type Patching, type Place } from "../../patches/patches";
import { emptyRows, oneOf, rowOf, rows, rowsOf, type Rows } from "../../network/rows";
import type { Call } from "../call";
import { rowsOfEach, scoresOf } from "./evaluate";

export interface ChangedScores {
  /** Of the images themselves. */
  readonly full: Float64Array;
  /** Of each image with each of its places changed: all places of the first image, then of the next. */
  readonly changed: Float64Array;
}

/** With fewer images than these, opening two more graphs takes longer than they save. */
const fewest = 16;

/** Changed images whose patches are in memory at once. */
const chunk = 64;

/**
 * Where the network allows it, what all these images have in common is computed once: the result is the same to rounding.
 *
 * @param places what may differ in an image when its place `k` is changed, in all channels
 * @param write changes place `k` of image `image`, which is in `to`
 */
export async function scoresOfChanged(
  call: Call,
  places: readonly Place[],
  write: (image: number, k: number, to: Float32Array) => void,
): Promise<ChangedScores> {
  const { images, network, scores } = call;
  const each = places.length;
  const all = rowsOfEach(call, each, (image, k, to) => {
    to.set(rowOf(images, image));
    write(image, k, to);
  });
  const shape = images.shape.slice(1);
  const patching =
    network.engine === "onnx" && all.count >= fewest && shape.length === 3
      ? patchingFor(network.graph, scores, shape, places)
      : undefined;
  if (!patching) return { full: await scoresOf(call, rowsOf(images)), changed: await scoresOf(call, all) }; // prettier-ignore
  const full = new Float64Array(images.shape[0]!);
  const changed = new Float64Array(all.count);
  for (const image of full.keys()) {
    const map = emptyRows(1, patching.shape);
    await network.pass(
      {
        feeds: { [network.graph.image]: rowsOf(oneOf(images, image)) },
        of: scores,
        values: [patching.value],
        use(_, { value, values }) {
          full[image] = value[call.targets[image]!]!;
          map.data.set(values[patching.value]!.data);
        },
      },
      { signal: call.control.signal },
    );
    for (let from = 0; from < each; from += chunk) {
      const count = Math.min(chunk, each - from);
      const first = image * each + from;
      await changedScores({ call, patching, image, map, first, all, count }, changed);
    }
  }
  return { full, changed };
}

interface Chunk {
  readonly call: Call;
  readonly patching: Patching;
  readonly image: number;
  /** Of the image as it is. */
  readonly map: Tensor<"float32">;
  /** Row of the first changed image, and how many. */
  readonly first: number;
  readonly count: number;
  readonly all: Rows;
}

async function changedScores(
  { call, patching, image, map, first, count, all }: Chunk,
  to: Float64Array,
): Promise<void> {
  const { network, control } = call;
  const { crop, cropShape, value, shape, model } = patching;
  const [channels, height, width] = all.shape as [number, number, number];
  const placeOf = (row: number) => patching.places[(first + row) % patching.places.length]!;
  const whole = new Float32Array(sizeOf(all.shape));
  const parts = rows(count, [channels, ...crop], (row, part) => {
    all.write(first + row, whole);
    const [{ origin: top }, { origin: left }] = placeOf(row);
    for (let line = 0; line < channels * crop[0]; line++) {
      const [channel, y] = [Math.floor(line / crop[0]), line % crop[0]];
      const at = (channel * height + top + y) * width + left;
      part.set(whole.subarray(at, at + crop[1]), line * crop[1]);
    }
  });
  const patches: Float32Array[] = [];
  await network.pass(
    {
      model: { key: `${value} ${crop.join()}`, model },
      feeds: { [network.graph.image]: parts },
      of: value,
      use: (row, result) => void (patches[row] = patchOf(result.value, placeOf(row), cropShape)),
    },
    { signal: control.signal },
  );
  const maps = rows(count, shape, (row, whole) => {
    whole.set(map.data);
    paste(patches[row]!, placeOf(row), whole, shape);
  });
  const total = call.images.shape[0]! * patching.places.length;
  await network.pass(
    {
      feeds: { [value]: maps },
      of: call.scores,
      use: (row, { value }) => void (to[first + row] = value[call.targets[image]!]!),
    },
    {
      signal: control.signal,
      onProgress: ({ done }) => control.onProgress?.({ done: first + done, total }),
    },
  );
}

/** What of a part's map is that of the whole. */
function patchOf(
  of: Float32Array,
  [y, x]: Patching["places"][number],
  [channels, height, width]: Patching["cropShape"],
): Float32Array {
  const size = x.to - x.from;
  const lines = y.to - y.from;
  const patch = new Float32Array(channels * lines * size);
  for (let line = 0; line < channels * lines; line++) {
    const row = Math.floor(line / lines) * height + (line % lines) + y.from - y.begin;
    const at = row * width + x.from - x.begin;
    patch.set(of.subarray(at, at + size), line * size);
  }
  return patch;
}

function paste(
  patch: Float32Array,
  [y, x]: Patching["places"][number],
  to: Float32Array,
  [channels, height, width]: Patching["shape"],
): void {
  const size = x.to - x.from;
  const lines = y.to - y.from;
  for (let line = 0; line < channels * lines; line++) {
    const row = Math.floor(line / lines) * height + (line % lines) + y.from;
    to.set(patch.subarray(line * size, (line + 1) * size), row * width + x.from);
  }
}
