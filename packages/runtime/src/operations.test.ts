// Operations of keras.ops that order values and pool windows, by sums done by hand on both engines.
import { tensor } from "@cajal/core";
import { readKeras } from "@cajal/models";
import { expect, test } from "vitest";
import { openGradient } from "./index";

const of = (shape: readonly number[], operation: string, options: object) =>
  readKeras({
    class_name: "Functional",
    config: {
      name: "one",
      layers: [
        { class_name: "InputLayer", name: "x", config: { batch_input_shape: [null, ...shape] }, inbound_nodes: [] },
        { class_name: "Operation", name: "y", config: { name: "y", operation, arguments: [{ tensor: 0 }], options }, inbound_nodes: [[["x", 0, 0, {}]]] },
      ],
      input_layers: [["x", 0, 0]],
      output_layers: [["y", 0, 0]],
    },
  }); // prettier-ignore

const cases: [string, object, number[], number[], number[]][] = [
  ["Sort", { axis: 1 }, [1, 4, 1], [-1, 0, 2, 5], [4, 2, 1, 3]],
  ["TopK", { k: 2, sorted: true }, [1, 1, 4], [5, 2], [1, 0, 0, 2]],
  ["MaxPool", { pool_size: 2, strides: null, padding: "valid", data_format: "channels_last" }, [1, 4, 1], [2, 5], [1, 0, 0, 2]],
  ["AveragePool", { pool_size: 3, strides: 1, padding: "same", data_format: "channels_last" }, [1, 4, 1], [0.5, 4 / 3, 7 / 3, 4], [1 / 2 + 2 / 3, 1 / 2 + 2 / 3 + 1, 2 / 3 + 1 + 2, 1 + 2]],
]; // prettier-ignore

test.each(cases)("%s, and its gradient", async (operation, options, shape, y, dx) => {
  for (const engine of ["onnx", "tfjs"] as const) {
    const model = of(shape.slice(1), operation, options);
    await using session = await openGradient(model, new Map(), { engine, device: "cpu" });
    const data = operation === "Sort" ? [5, 0, -1, 2] : operation === "TopK" ? [5, 0, -1, 2] : [2, -1, 3, 5]; // prettier-ignore
    const outputShape = y.length === 4 ? shape : shape.map((extent) => (extent === 4 ? 2 : extent));
    const dy = tensor("float32", outputShape, y.map((_, i) => i + 1)); // prettier-ignore
    const { value, gradients } = await session.run({ x: tensor("float32", shape, data) }, { dy });
    expect([...value.data], engine).toEqual(y.map((each) => expect.closeTo(each, 5) as number));
    expect([...gradients.x!.data], engine).toEqual(dx.map((each) => expect.closeTo(each, 5) as number)); // prettier-ignore
  }
});
