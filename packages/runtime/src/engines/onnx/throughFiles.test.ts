import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { tensor, type Tensor } from "@cajal/core";
import { GraphBuilder, isLazy, lazyTensor } from "@cajal/onnx";
import { readModel } from "@cajal/onnx/node";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { open } from "../../open";
import { throughFiles } from "./throughFiles";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cajal-"));
  vi.stubEnv("TMPDIR", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const rows = 2 ** 12 + 1;

/** A product with a kernel of 64 MiB and a row, which is cut. */
function product() {
  const g = new GraphBuilder({ name: "product" });
  const kernel = lazyTensor("float32", [rows, 2 ** 12], (allocate) => {
    const data = allocate("float32", rows * 2 ** 12).fill(0);
    data.set([3, 4]);
    data.set([5, 6], data.length - 2);
    return data;
  });
  const x = g.input("x", "float32", ["batch", rows]);
  g.output(g.gemm(x, g.initializer("kernel", kernel)), "y");
  return { model: g.build(), kernel };
}

const x = tensor("float32", [1, rows]);
x.data.set([10, ...Array<number>(2 ** 12 - 1).fill(0), 20]);

/** Begins and ends of the one row of the product. */
const ends = (y: Tensor) => [y.data.length, ...y.data.slice(0, 3), ...y.data.slice(-3)].map(Number);
const expected = [2 ** 12, 30, 40, 0, 0, 100, 120];

describe("throughFiles", () => {
  it("opens a large graph by its file, which is removed, and computes no weight to keep it", async () => {
    const { model, kernel } = product();
    let seen: string[] = [];
    await throughFiles(model, async (path) => {
      seen = readdirSync(dirname(path)).sort();
      expect((await readModel(path)).graph.nodes.map(({ op }) => op)).toEqual(["Split", "Gemm", "Gemm"]); // prettier-ignore
    });
    expect(seen).toEqual(["model.onnx", "weights"]);
    expect(readdirSync(folder)).toEqual([]);
    await using session = await open(model);
    expect(isLazy(kernel)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
    expect(ends(await session.predict(x))).toEqual(expected);
  });

  it("writes each weight while the next is computed, each its own numbers", async () => {
    const g = new GraphBuilder({ name: "sum" });
    const length = 2 ** 20;
    const names = Array.from({ length: 24 }, (_, i) => `w${i}`);
    const terms = names.map((name, i) =>
      g.initializer(
        name,
        i % 5 === 3 // as they are, among those that are computed
          ? tensor("float32", [length], new Float32Array(length).fill(i))
          : lazyTensor("float32", [length], (allocate) => allocate("float32", length).fill(i)),
      ),
    );
    g.output(
      terms.reduce((sum, term) => g.add(sum, term), g.input("x", "float32", [1])),
      "y",
    );
    const differing = await throughFiles(g.build(), async (path) => {
      const { initializers } = (await readModel(path)).graph;
      return names.filter((name, i) => {
        const weight = initializers.get(name) as Tensor<"float32">;
        return weight.data.length !== length || weight.data.some((x) => x !== i);
      });
    });
    expect(differing).toEqual([]);
  });

  it("is how a thread of its own gets them, too", async () => {
    const { model, kernel } = product();
    await using session = await open(model, { worker: true });
    expect(isLazy(kernel)).toBe(true);
    expect(ends(await session.predict(x))).toEqual(expected);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("leaves small graphs to others", async () => {
    const g = new GraphBuilder({ name: "small" });
    g.output(g.neg(g.input("x", "float32", [1])), "y");
    const opened = vi.fn();
    expect(await throughFiles(g.build(), opened)).toBeUndefined();
    expect(opened).not.toHaveBeenCalled();
  });

  it("opens a graph where nothing can be written", async () => {
    vi.stubEnv("TMPDIR", join(folder, "absent"));
    const { model } = product();
    expect(await throughFiles(model, async () => true)).toBeUndefined();
    await using session = await open(model);
    expect(ends(await session.predict(x))).toEqual(expected);
  });

  it("removes the files where opening fails, and says why", async () => {
    const failing = throughFiles(product().model, async (path) => {
      writeFileSync(join(dirname(path), "more"), "");
      throw new Error("no");
    });
    await expect(failing).rejects.toThrow("no");
    expect(readdirSync(folder)).toEqual([]);
  });
});
