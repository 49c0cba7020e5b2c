// Explanation maps of held-out images during training, for a report.
import { isCajalError, tensor, type Tensor, type Weights } from "@cajal/core";
import type { Dataset } from "@cajal/datasets";
import { encodePng, mapHistory, methods, overlay, pictureOf, type Picture } from "@cajal/explain";
import type { ModelConfig } from "@cajal/models";
import type { MapFrame, MapsSection } from "../../report/sections/maps";
import { keptIn } from "./keptIn";

/** Number of epochs with maps: as many as fit side by side on a page. */
const mostFrames = 6;

const method = "grad-cam";

interface StoredMaps {
  readonly layer?: string;
  /** One for each image. */
  readonly frames: readonly MapFrame[];
}

/**
 * @param count maximum number of images; the first of each class come first
 * @param path file to store the maps in, so that a resumed run reports all of them
 * @returns undefined where `count` is 0
 */
export async function mapsByEpoch(
  model: ModelConfig,
  pictures: Dataset,
  { name, classes, count, epochs, path, signal }: { name: string; classes: readonly string[]; count: number; epochs: number; path: string; signal: AbortSignal }, // prettier-ignore
) {
  const examples = await firstOfEachClass(pictures, count, signal);
  if (examples.length === 0) return undefined;
  const images = tensor("float32", [examples.length, ...examples[0]!.shape], Float32Array.from(examples.flatMap(({ pixels }) => Array.from(pixels)))); // prettier-ignore
  const target = examples.map(({ truth }) => truth);
  const store = await keptIn<StoredMaps>(path);
  const every = Math.ceil(epochs / mostFrames);
  let unsupported = false;

  return {
    /** @param epoch of all stages, from 0 */
    async add(epoch: number, weights: () => Promise<Weights>): Promise<void> {
      if (unsupported || (epoch % every !== 0 && epoch !== epochs - 1)) return;
      const history = mapHistory(model, images, { of: { method, target } });
      try {
        await history.add({ epoch: 0, weights });
      } catch (error) {
        // Without feature maps before its head a network has no map to draw.
        if (!isCajalError(error, "unsupported")) throw error;
        unsupported = true;
        return;
      }
      const { map, layer, probabilities } = history.frames[0]!;
      const frames = target.map(async (_, index) => ({
        epoch: epoch + 1,
        probability: probabilities[index]!,
        png: await base64(overlay(map, images, { index }).picture),
      }));
      await store.add(String(epoch), {
        ...(layer !== undefined && { layer }),
        frames: await Promise.all(frames),
      });
    },
    async section(): Promise<MapsSection | undefined> {
      const epochs = store.all();
      if (epochs.length === 0) return undefined;
      const { layer } = epochs[0]!;
      const sections = examples.map(async ({ truth }, index) => ({
        label: classes[truth]!,
        png: await base64(pictureOf(images, { index })),
        frames: epochs.map(({ frames }) => frames[index]!),
      }));
      return {
        type: "maps",
        model: name,
        method: methods.find(({ name }) => name === method)!.title,
        ...(layer !== undefined && { layer }),
        images: await Promise.all(sections),
      };
    },
  };
}

interface SelectedImage {
  readonly pixels: Float32Array;
  readonly shape: readonly number[];
  readonly truth: number;
}

async function firstOfEachClass(
  pictures: Dataset,
  count: number,
  signal: AbortSignal,
): Promise<SelectedImage[]> {
  const firstByClass = new Map<number, SelectedImage>();
  const others: SelectedImage[] = [];
  if (count === 0) return [];
  for await (const { x, y } of pictures.batches({ signal })) {
    for (const each of examplesOf(x as Tensor<"float32">, y as Tensor))
      if (firstByClass.has(each.truth)) others.push(each);
      else firstByClass.set(each.truth, each);
    if (firstByClass.size >= count) break;
    others.length = Math.min(others.length, count);
  }
  return [...firstByClass.values(), ...others].slice(0, count);
}

function examplesOf({ shape, data }: Tensor<"float32">, y: Tensor): SelectedImage[] {
  const size = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => ({
    pixels: data.slice(i * size, (i + 1) * size),
    shape: shape.slice(1),
    truth: Number(y.data[i]),
  }));
}

const base64 = async (picture: Picture): Promise<string> =>
  Buffer.from(await encodePng(picture)).toString("base64");
