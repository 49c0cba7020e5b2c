// What a page does with data sets: those that are embedded, MNIST from a server, a folder that a user chose, pictures.
import {
  type Image,
  dataset,
  decodeImage,
  digits,
  imageFiles,
  iris,
  parseIdx,
  rescale,
  resize,
} from "../src/index";
import { tensor } from "@cajal/core";

const hash = async (bytes: Uint8Array) =>
  [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");

const fetched = async (path: string) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
};

interface Picture {
  readonly shape: readonly number[];
  readonly pixels: readonly number[];
}

/** An IDX file, unpacked while it comes. */
async function idx(path: string) {
  const { body } = await fetched(path);
  const unpacked = body!.pipeThrough(new DecompressionStream("gzip"));
  return parseIdx(new Uint8Array(await new Response(unpacked).arrayBuffer()), { name: path });
}

export default async function run() {
  const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
  const flowers = await iris().all();
  const numbers = await digits().all();

  const [images, labels] = await Promise.all([idx("images.gz"), idx("labels.gz")]);
  const mnist = dataset({
    x: tensor("uint8", [...images.shape, 1], images.data as Uint8Array),
    y: tensor("int32", labels.shape, Int32Array.from(labels.data as Uint8Array)),
  })
    .map(rescale(1 / 255))
    .shuffle({ seed: 1 })
    .batch(128);
  const labelCounts = Array.from({ length: 10 }, () => 0);
  const totals = { batches: 0, examples: 0, sum: 0, squares: 0, labels: labelCounts };
  for await (const { x, y } of mnist.batches({ reuse: true })) {
    totals.batches++;
    totals.examples += x.shape[0]!;
    for (const value of x.data) {
      // A byte, scaled.
      const pixel = Math.round(value * 255);
      totals.sum += pixel;
      totals.squares += pixel * pixel;
    }
    for (const label of y.data) labelCounts[label]!++;
  }

  const pictures: Record<string, { shape: readonly number[]; sha256: string }> = {};
  const odd: Record<string, readonly Picture[]> = {};
  for (const { name, file } of await (await fetched("odd.json")).json()) {
    const bytes = Uint8Array.from(atob(file), (character) => character.charCodeAt(0));
    const both = [await decodeImage(bytes), await decodeImage(bytes, { orientation: "upright" })];
    odd[name] = both.map(({ shape, data }) => ({ shape, pixels: [...data] }));
  }
  const { names } = await (await fetched("names.json")).json();
  const files: File[] = [];
  for (const [i, name] of (names as string[]).entries()) {
    const bytes = await (await fetched(name)).arrayBuffer();
    const { shape, data } = await decodeImage(bytes);
    pictures[name] = { shape, sha256: await hash(data) };
    // As `<input type="file" webkitdirectory>` gives them.
    const file = new File([bytes], name);
    Object.defineProperty(file, "webkitRelativePath", {
      value: `chosen/${i % 2 ? "b" : "a"}/${name}`,
    });
    files.push(file);
  }
  files.push(new File(["no picture"], "notes.txt"));
  const chosen = imageFiles(files, {
    prepare: (image) => resize(image, { width: 8, height: 6 }) as Image<"uint8">,
  });
  const { x, y } = await chosen.all();
  return {
    iris: [flowers.x.shape, sum(flowers.x.data)],
    digits: [numbers.x.shape, sum(numbers.x.data)],
    mnist: totals,
    pictures,
    odd,
    folder: {
      classes: chosen.classes,
      shape: x.shape,
      labels: [...y.data],
      sha256: await hash(x.data),
    },
  };
}
