// The browser's side, in Chromium: what a page gets is what Node gets.
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { describeInChromium, runInChromium } from "../../core/testing/chromium";
import { shared } from "../../core/testing/shared";
import { digits, imageFiles, iris, resize, type Image } from "./index";
import type run from "../testing/browserProgram";
import { sha256 } from "../testing/images";

const fixtures = new URL("../fixtures/decoding/", import.meta.url);
const expected: Record<string, { shape: number[]; sha256: string }> = JSON.parse(
  readFileSync(new URL("expected.json", fixtures), "utf8"),
);
/** Of 16-bit grey Pillow clips values, browsers keep the high byte. */
const names = Object.keys(expected).filter((name) => name !== "a_png_grey16.png");

/** Those that browsers read, and turn or fill otherwise unless they are kept from it. */
const odd: { name: string; shape: number[]; pixels: number[]; upright?: object }[] = JSON.parse(
  readFileSync(new URL("../fixtures/odd_images.json", import.meta.url), "utf8"),
).filter(({ name }: { name: string }) => /^GIF|^(PNG|JPEG|WebP), orientation/.test(name));

/** The training set of MNIST where it is, or ten made pictures; and the sums that are expected of its bytes. */
function mnistFiles() {
  const folder = shared("data/mnist");
  const [images, labels] = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"].map((name) => `${folder}/${name}`); // prettier-ignore
  if (existsSync(images!)) {
    // What torchvision reads.
    const { train } = JSON.parse(readFileSync(new URL("../fixtures/mnist.json", import.meta.url), "utf8")); // prettier-ignore
    return { images: images!, labels: labels!, expected: { examples: train.examples as number, sum: train.sum, squares: train.sum_of_squares, labels: train.labels } }; // prettier-ignore
  }
  const pixels = Uint8Array.from({ length: 10 * 784 }, (_, i) => i % 256);
  const header = (...numbers: number[]) => Buffer.from(numbers.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])); // prettier-ignore
  return {
    images: gzipSync(Buffer.concat([header(0x803, 10, 28, 28), pixels])),
    labels: gzipSync(Buffer.concat([header(0x801, 10), Uint8Array.from({ length: 10 }, (_, i) => i)])), // prettier-ignore
    expected: {
      examples: 10,
      sum: pixels.reduce((a, b) => a + b, 0),
      squares: pixels.reduce((a, b) => a + b * b, 0),
      labels: Array.from({ length: 10 }, () => 1),
    },
  };
}

describeInChromium("data sets in a page", () => {
  it("loads, streams and decodes what Node does", async () => {
    const { images, labels, expected: mnist } = mnistFiles();
    const files = Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, fixtures)))])); // prettier-ignore
    const page = await runInChromium<Awaited<ReturnType<typeof run>>>(
      new URL("../testing/browserProgram.ts", import.meta.url),
      { files: { ...files, "images.gz": images, "labels.gz": labels, "odd.json": new TextEncoder().encode(JSON.stringify(odd)), "names.json": new TextEncoder().encode(JSON.stringify({ names })) } }, // prettier-ignore
    );
    const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
    const [flowers, numbers] = [await iris().all(), await digits().all()];
    expect(page.iris).toEqual([[150, 4], sum(flowers.x.data)]);
    expect(page.digits).toEqual([[1797, 8, 8, 1], sum(numbers.x.data)]);

    expect(page.mnist).toEqual({ ...mnist, batches: Math.ceil(mnist.examples / 128) });

    const wanted = Object.fromEntries(names.map((name) => [name, { shape: expected[name]!.shape, sha256: expected[name]!.sha256 }])); // prettier-ignore
    expect(page.pictures).toEqual(wanted);
    const stored = ({ shape, pixels }: (typeof odd)[number]) => ({ shape, pixels });
    expect(page.odd).toEqual(Object.fromEntries(odd.map((each) => [each.name, [stored(each), each.upright ?? stored(each)]]))); // prettier-ignore

    const blobs = new Map(names.map((name, i) => [`${i % 2 ? "b" : "a"}/${name}`, new Blob([files[name]!])])); // prettier-ignore
    const here = imageFiles(blobs, {
      prepare: (image) => resize(image, { width: 8, height: 6 }) as Image<"uint8">,
    });
    const { x, y } = await here.all();
    expect(page.folder).toEqual({ classes: ["a", "b"], shape: x.shape, labels: [...y.data], sha256: sha256(x.data) }); // prettier-ignore
  }, 90_000);
});
