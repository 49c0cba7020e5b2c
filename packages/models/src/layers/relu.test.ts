// ReLU exactly where it has its kinks, as Keras 3.15.1 on TensorFlow has it.
import { tensor } from "@cajal/core";
import { GraphBuilder, gradients } from "@cajal/onnx";
import { describe, expect, it } from "vitest";
import { runOnnx } from "../../testing/runOnnx";
import { single } from "../../testing/checkLayer";
import { lower } from "../lower/lower";
import { inputWeights } from "../lower/weightSources";

const x = [-1, 0, 1, 2, 4, 6, 7];

describe.each<[config: Record<string, number>, y: number[], dx: number[]]>([
  [{ max_value: 6 }, [0, 0, 1, 2, 4, 6, 6], [0, 0, 1, 1, 1, 0, 0]],
  [{ max_value: 4 }, [0, 0, 1, 2, 4, 4, 4], [0, 0, 1, 1, 1, 0, 0]],
  [{ negative_slope: 0.5 }, [-0.5, 0, 1, 2, 4, 6, 7], [0.5, 0.5, 1, 1, 1, 1, 1]],
  [{ max_value: 6, negative_slope: 0.1 }, [-0.1, 0, 1, 2, 4, 6, 6], [0.1, 0, 1, 1, 1, 0, 0]],
  [{ max_value: 4, negative_slope: 0.1 }, [-0.1, 0, 1, 2, 4, 4, 4], [0.1, 0, 1, 1, 1, 0, 0]],
  [{ threshold: 1 }, [0, 0, 0, 2, 4, 6, 7], [0, 0, 0, 1, 1, 1, 1]],
  [{ threshold: 1, negative_slope: 0.5 }, [-1, -0.5, 0, 2, 4, 6, 7], [0.5, 0.5, 0, 1, 1, 1, 1]],
  [{ threshold: 1, max_value: 6 }, [0, 0, 0, 2, 4, 6, 6], [0, 0, 0, 1, 1, 1, 0]],
  [
    { threshold: 1, max_value: 4, negative_slope: 0.1 },
    [-0.2, -0.1, 0, 2, 4, 4, 4],
    [0.1, 0.1, 0, 1, 1, 0, 0],
  ],
  [
    { threshold: 4, max_value: 2, negative_slope: 0.1 },
    [-0.5, -0.4, -0.3, -0.2, 0, 2, 2],
    [0.1, 0.1, 0.1, 0.1, 0, 0, 0],
  ],
])("%o", (config, expected, slopes) => {
  it("gives Keras' values and slopes", async () => {
    const g = new GraphBuilder();
    const input = g.input("x", "float32", [1, x.length]);
    const { source } = inputWeights(g);
    const model = single("ReLU", config, [{ shape: [1, x.length] }]);
    const { outputs } = lower(g, model, { inputs: [input], weights: source, training: false });
    g.output(outputs[0]!, "y");
    g.output(gradients(g, outputs[0]!, [input])[0]!, "dx");
    const { y, dx } = await runOnnx(g.build(), { x: tensor("float32", [1, x.length], x) });
    expect([...y!.data].map(Number)).toEqual(expected.map((value) => expect.closeTo(value, 6)));
    expect([...dx!.data].map(Number)).toEqual(slopes.map((value) => expect.closeTo(value, 6)));
  });
});
