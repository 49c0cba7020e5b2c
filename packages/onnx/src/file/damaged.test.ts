// Damaged, hostile and unusual ONNX files: each with the error that its place in the reference asks for.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isCajalError, tensor } from "@cajal/core";
import * as ort from "onnxruntime-node";
import { expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { differentiate } from "../differentiate";
import { checkModel } from "../graph/check";
import type { OnnxModel } from "../model/model";
import { encodeModel } from "./encode";
import { readModel } from "./files";

/** File → what its error says. */
const expectedErrors: Readonly<Record<string, RegExp>> = {
  "broken_external_traversal.onnx": /secret\.bin.*folder/,
  "broken_external_absolute.onnx": /\/etc\/passwd/,
  "broken_external_missing.onnx": /not_there\.data/,
  "broken_external_past_the_end.onnx": /offset|end/,
  "broken_opset.onnx": /opset 999/,
  "broken_operator.onnx": /node .*Convolutron/,
  "broken_domain.onnx": /com\.example/,
  "broken_cycle.onnx": /cycle/,
  "broken_missing_value.onnx": /"nowhere"/,
  "broken_duplicate_output.onnx": /defined twice/,
  "broken_initializer_size.onnx": /initializer .*expected|shape/,
  "broken_negative_dim.onnx": /negative|expected extents of at least 0|-\d/,
  "broken_truncated_30.onnx": /ends|truncated/,
  "broken_truncated_80.onnx": /ends|truncated/,
  "broken_deep_subgraphs.onnx": /deep|within/,
};

describeWithShared("files beside the networks", "reference/files/onnx", (folder) => {
  const { others } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8")) as {
    others: readonly { file: string; expect: string }[];
  };

  it("are all here", () => {
    const brokenFiles = others.map(({ file }) => file).filter((file) => file.startsWith("broken"));
    expect(brokenFiles.toSorted()).toEqual(Object.keys(expectedErrors).toSorted());
  });

  /** All that is done to a model on its way to a session. */
  const use = async (file: string): Promise<void> => {
    const model = await readModel(join(folder, file));
    checkModel(model);
    const [output] = model.graph.outputs;
    differentiate(model, { of: output!.name, withRespectTo: [model.graph.inputs[0]!.name] });
  };

  it.each(Object.entries(expectedErrors))("%s is refused", async (file, message) => {
    const started = performance.now();
    const error = await use(file).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(isCajalError(error), String(error)).toBe(true);
    expect((error as Error).message).toMatch(message);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  const outputsOf = async (model: OnnxModel) => {
    const session = await ort.InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
    try {
      const feeds = Object.fromEntries(
        model.graph.inputs.map(({ name, shape }) => {
          const data = tensor("float32", shape as number[]);
          data.data.forEach((_, i) => (data.data[i] = Math.sin(i)));
          return [name, new ort.Tensor("float32", data.data as Float32Array, shape as number[])];
        }),
      );
      return Object.values(await session.run(feeds)).map(({ data }) => [...(data as Float32Array)]);
    } finally {
      await session.release();
    }
  };

  it.each([
    ["convnext.external.onnx", "convnext.legacy.onnx"],
    ["typed_fields.onnx", "resnet.legacy.onnx"],
    ["initializers_as_inputs.onnx", "resnet.legacy.onnx"],
  ])("%s is %s in another form", async (file, plainFile) => {
    const [model, expected] = await Promise.all(
      [file, plainFile].map((each) => readModel(join(folder, each))),
    );
    const inputs = model!.graph.inputs.filter(({ name }) => !model!.graph.initializers.has(name));
    expect(inputs.map(({ name }) => name)).toEqual(expected!.graph.inputs.map(({ name }) => name));
    const [got, expectedOutputs] = [await outputsOf({ ...model!, graph: { ...model!.graph, inputs } }), await outputsOf(expected!)]; // prettier-ignore
    got.forEach((values, i) =>
      values.forEach((value, k) => expect(value).toBeCloseTo(expectedOutputs[i]![k]!, 5)),
    );
  });
});
