import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { convolutions, forEachProduct, normals, shapesOf } from "../../../testing/convolutions";
import { encodeModel } from "../../file/encode";
import { GraphBuilder } from "../../graph/builder";
import { coversAllWindows, flippable, imageGradients } from "./imageGradient";

describe.each(Object.entries(imageGradients))("%s", (name, formulation) => {
  // A Conv has no others; that of a ConvTranspose with output padding is there for its kernel.
  const ofConv = convolutions.filter(([, conv]) => coversAllWindows(conv));
  it.each(name === "flipped" ? ofConv.filter(([, conv]) => flippable(conv)) : ofConv)(
    "%s",
    async (_, conv) => {
      const shapes = shapesOf(conv);
      const [w, dy] = [normals(shapes.w, "w"), normals(shapes.y, "dy")];
      const g = new GraphBuilder();
      g.output(
        formulation(g, g.input("dy", "float32", shapes.y), g.input("w", "float32", shapes.w), conv),
        "dx",
      );
      const session = await ort.InferenceSession.create(encodeModel(g.build()));
      const { dx } = await session.run({
        w: new ort.Tensor("float32", w.data, shapes.w),
        dy: new ort.Tensor("float32", dy.data, shapes.y),
      });
      await session.release();
      expect(dx!.dims).toEqual(shapes.x);
      const expected = new Float64Array(dx!.size);
      forEachProduct(conv, (yAt, wAt, xAt) => (expected[xAt]! += dy.data[yAt]! * w.data[wAt]!));
      // Sums of at most 100 products of size 1, in float32.
      (dx!.data as Float32Array).forEach((value, i) =>
        expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-4),
      );
    },
  );
});
