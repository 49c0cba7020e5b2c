import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { convolutions, forEachProduct, normals, shapesOf } from "../../../testing/convolutions";
import { GraphBuilder } from "../../graph/builder";
import type { Convolution } from "../../graph/convolution";
import { foldsStrides } from "../../graph/foldedStrides";
import { kernelGradients, type KernelGradient } from "./kernelGradient";
import { encodeModel } from "../../file/encode";

/** What each formulation is for. */
const supports: Record<KernelGradient, (conv: Convolution) => boolean> = {
  depthwise: ({ group, channels }) => group === channels,
  products: ({ group, channels, maps }) => group === channels && group === maps,
  folded: foldsStrides,
  perImage: () => true,
  wholeBatch: ({ group }) => group === 1,
  columns: ({ group }) => group === 1,
  batchAsChannels: () => true,
  volume: ({ group }) => group === 1,
};

describe.each(Object.entries(kernelGradients))("%s", (name, formulation) => {
  const supported = convolutions.filter(([, conv]) => supports[name as KernelGradient](conv));
  it.each(supported)("%s", async (_, conv) => {
    const shapes = shapesOf(conv);
    const [x, dy] = [normals(shapes.x, "x"), normals(shapes.y, "dy")];
    const g = new GraphBuilder();
    g.output(
      formulation(g, g.input("x", "float32", shapes.x), g.input("dy", "float32", shapes.y), conv),
      "dw",
    );
    const session = await ort.InferenceSession.create(encodeModel(g.build()));
    const { dw } = await session.run({
      x: new ort.Tensor("float32", x.data, shapes.x),
      dy: new ort.Tensor("float32", dy.data, shapes.y),
    });
    await session.release();
    expect(dw!.dims).toEqual(shapes.w);
    const expected = new Float64Array(dw!.size);
    forEachProduct(conv, (yAt, wAt, xAt) => (expected[wAt]! += dy.data[yAt]! * x.data[xAt]!));
    // Sums of about 100 products of size 1, in float32.
    (dw!.data as Float32Array).forEach((value, i) =>
      expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4),
    );
  });
});
