import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { random, tensor, type Tensor } from "@cajal/core";
import { decodeModel, gradients, GraphBuilder, type OnnxModel } from "@cajal/onnx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blockSize } from "./blockSize";
import { fromOrt, onnxRuntime } from "./onnxRuntime";
import { toOrt } from "./toOrt.js";
import { sumsInBlocks } from "./sumsInBlocks";

function noise(name: string, shape: readonly number[]): Tensor<"float32"> {
  const numbers = random(1, name);
  const x = tensor("float32", shape);
  for (let i = 0; i < x.data.length; i++) x.data[i] = numbers.normal() / 4;
  return x;
}

const side = 8;

/** The gradient of a network of residual blocks by its image; the first block is of stride 2 where `strided`. */
function gradientGraph({ channels = 32, strided = true, fed = false, residual = true } = {}) {
  const g = new GraphBuilder();
  const x = g.input("x", "float32", [2, channels, side, side]);
  const kernel = (name: string, k: number) =>
    fed
      ? g.input(name, "float32", [channels, channels, k, k])
      : g.constant(noise(name, [channels, channels, k, k]));
  let y = g.relu(g.conv(x, kernel("stem", 1)));
  for (const i of [0, 1, 2]) {
    const strides = strided && i === 0 ? [2, 2] : [1, 1];
    const inner = g.relu(g.conv(y, kernel(`a${i}`, 1)));
    const main = g.conv(inner, kernel(`b${i}`, 3), undefined, { pads: [1, 1, 1, 1], strides });
    const short = strided && i === 0 ? g.conv(y, kernel("short", 1), undefined, { strides }) : y;
    y = g.relu(residual ? g.add(main, short) : main);
  }
  const score = g.globalAveragePool(y);
  const dy = g.input("dy", "float32", score.shape);
  g.output(gradients(g, score, [x], { dy })[0]!, "dx");
  return g.build();
}

const ones = ({ graph }: OnnxModel) => graph.nodes.filter(({ name }) => name.endsWith("into blocks")).length; // prettier-ignore

describe("sumsInBlocks", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "cajal-blocks-"))));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The gradient, and how often ONNX Runtime reorders blocks for it. */
  async function run(model: OnnxModel, name: string) {
    const optimized = join(folder, name);
    const { ort, session } = await onnxRuntime(model, {
      device: "cpu",
      session: { optimizedModelFilePath: optimized },
    });
    try {
      const feeds = model.graph.inputs.map(({ name, shape }) => [name, toOrt(ort, noise(name, shape as number[]))]); // prettier-ignore
      const { dx } = await session.run(Object.fromEntries(feeds));
      const { nodes } = decodeModel(readFileSync(optimized)).graph;
      const reorders = nodes.filter(({ op }) => op.startsWith("Reorder")).length;
      return { dx: fromOrt(dx!, "dx").data, reorders };
    } finally {
      await session.release();
    }
  }

  it.for([true, false])(
    "reorders less for the same numbers to rounding, strided: %s",
    async (strided, { skip }) => {
      const block = await blockSize("cpu");
      if (block === undefined) return skip("this processor has no blocked kernels: nothing is reordered"); // prettier-ignore
      const model = gradientGraph({ strided });
      const rewritten = sumsInBlocks(model, block);
      expect(ones(rewritten)).toBe(strided ? 2 : 1); // behind the pooling, and the short cut of stride 2
      const [before, after] = [await run(model, "before"), await run(rewritten, "after")];
      const [dx, expected] = [after.dx as Float32Array, before.dx as Float32Array];
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - dx[i]!)), 0); // prettier-ignore
      expect(furthest / largest).toBeLessThan(1e-6); // of float32 sums in another order
      expect(after.reorders).toBeLessThan(before.reorders);
    },
  );

  it("leaves graphs as they are that have no such sums", () => {
    for (const model of [
      gradientGraph({ residual: false }),
      gradientGraph({ fed: true }),
      gradientGraph({ channels: 12 }),
    ])
      expect(sumsInBlocks(model, 8)).toBe(model);
  });
});
