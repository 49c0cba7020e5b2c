// cajal explain on a small network: page, pictures, records, graphs.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { random } from "@cajal/core";
import { encodePng } from "@cajal/explain";
import { decodeModel } from "@cajal/onnx";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Context } from "../context";
import { explain } from "./explain";

const model = fileURLToPath(new URL("../../../explain/fixtures/convbn.onnx", import.meta.url));
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "explain-"))));
afterAll(() => rm(folder, { recursive: true }));

function recording() {
  const [lines, texts]: [unknown[], string[]] = [[], []];
  const quiet = {
    output: { json: false, line: (value: unknown) => void lines.push(value), text: (text: string) => void texts.push(text), document() {}, async close() {} }, // prettier-ignore
    progress: { start() {}, update() {}, finish() {}, say() {}, clear() {} },
    seed: 1,
    signal: new AbortController().signal,
  } as unknown as Context;
  return { context: quiet, lines, texts };
}

it("writes a page, pictures, records and graphs", async () => {
  const numbers = random(1, "image");
  const data = Uint8ClampedArray.from({ length: 4 * 40 * 56 }, (_, i) => (i % 4 === 3 ? 255 : numbers.integer(256))); // prettier-ignore
  const image = join(folder, "noise.png");
  await writeFile(image, await encodePng({ width: 56, height: 40, data }));
  const { context, lines, texts } = recording();
  const out = join(folder, "out");
  await explain.run(context, {
    images: [image],
    out,
    model,
    metrics: true,
    onnx: true,
    method: ["grad-cam", "integrated-gradients"],
    class: 2,
  });
  expect(lines).toMatchObject([
    { method: "grad-cam", class: 2, layer: "relu3", model: "convbn.onnx" },
    { method: "integrated-gradients", class: 2 },
  ]);
  const [{ road }] = lines as [{ road: number[] }];
  expect(road.every(Number.isFinite)).toBe(true);
  const page = await readFile(join(out, "explain.html"), "utf8");
  expect(page).toContain("Grad-CAM");
  expect(page).not.toMatch(/<script|src="http/);
  expect((await readFile(join(out, "0-noise-grad-cam.png"))).subarray(1, 4).toString()).toBe("PNG");
  const graph = decodeModel(await readFile(join(out, "grad-cam.onnx")));
  expect(graph.graph.outputs.map(({ name }) => name)).toEqual(["map", "cam", "scores"]);
  expect(texts.join("\n")).toContain("explain.html");
});

it("tells what was called wrongly", async () => {
  const call = (more: object) =>
    explain.run(recording().context, { images: ["none.png"], out: join(folder, "x"), model, metrics: false, method: ["grad-cam"], ...more }); // prettier-ignore
  await expect(call({ method: ["grad-can"] })).rejects.toMatchObject({ code: "unknown-name" });
  await expect(call({ method: ["layer-activation"] })).rejects.toMatchObject({ code: "unknown-name" }); // prettier-ignore
  await expect(call({ model: "lenet55" })).rejects.toMatchObject({ code: "unknown-name" });
  await expect(call({})).rejects.toBeInstanceOf(Error);
});
