// The bytes that a page which trains LeNet-5 fetches, file by file, as they are and compressed:
//   node scripts/run-source.mjs packages/train/bench/pageBytes.ts
// gzip at level 9, brotli at quality 9, as a host does it while it serves; brotli's 11 takes minutes, ahead of time.
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { bytesFetched } from "./bytesFetched";

const brotli = (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }); // prettier-ignore
const ways = ["engine=onnx&device=wasm", "engine=tfjs&device=cpu", "engine=onnx&device=auto"];
const row = (name: string, numbers: readonly number[]) =>
  console.log(`  ${name.padEnd(36)} ${numbers.map((n) => (n / 1000).toFixed(1).padStart(10)).join("")}`); // prettier-ignore

for (const [i, { files, losses }] of (await bytesFetched(ways)).entries()) {
  console.log(`\n${ways[i]}, losses ${losses.map((loss) => loss.toFixed(3)).join(" ")}`);
  console.log(`  ${"kB".padEnd(36)} ${["as it is", "gzip", "brotli"].map((each) => each.padStart(10)).join("")}`); // prettier-ignore
  const rows = files.map(({ name, body }) => ({
    name,
    sizes: [body.length, gzipSync(body, { level: 9 }).length, brotli(body).length],
  }));
  for (const { name, sizes } of rows.toSorted((a, b) => b.sizes[0]! - a.sizes[0]!)) row(name, sizes); // prettier-ignore
  row(`${rows.length} files`, [0, 1, 2].map((at) => rows.reduce((sum, { sizes }) => sum + sizes[at]!, 0))); // prettier-ignore
}
