import { existsSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bytesFetched, type Fetched } from "./bytesFetched";

const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const hasChromium = existsSync(executablePath);
const skipReason = hasChromium ? "" : ` (skipped: no ${executablePath})`;

describe.skipIf(!hasChromium)(`a page that trains LeNet-5${skipReason}`, () => {
  it(
    "fetches less than 5 MB, compressed, where there is no GPU",
    { timeout: 120_000 },
    async () => {
      const [{ losses, files }] = (await bytesFetched(["engine=onnx&device=auto"])) as [Fetched];
      expect(losses.at(-1)).toBeLessThan(losses[0]!);
      // One build, that for the CPU: the one for WebGPU is twice as large.
      const builds = files.filter(({ name }) => name.endsWith(".wasm"));
      expect(builds.map(({ name }) => name)).toEqual(["ort-wasm-simd-threaded.wasm"]);
      // gzip's lowest level: brotli, which hosts use, makes two thirds of it.
      const compressed = files.map(({ body }) => gzipSync(body, { level: 1 }).length);
      expect(compressed.reduce((a, b) => a + b)).toBeLessThan(5e6);
    },
  );
});
