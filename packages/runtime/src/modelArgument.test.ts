import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { functional, toOnnx } from "@cajal/models";
import { encodeSafetensors } from "@cajal/files";
import { encodeModel } from "@cajal/onnx";
import { initialize } from "./initializers/initialize";
import { open } from "./open";
import { openGradient } from "./openGradient";
import { openTrainStep } from "./openTrainStep";

const { input, layer, model } = functional("sum");
const x = input([2], { name: "x" });
const config = model(x, layer("Dense", { units: 1, use_bias: false, name: "sum" }, x));
const weights = new Map([["sum/kernel", tensor("float32", [2, 1], [2, 3])]]);
const graph = toOnnx(config, weights);
const bytes = encodeModel(graph);
const loss = { compute: (ops: never, _: never, yPred: never) => yPred } as never;
const optimizer = {
  name: "still",
  learningRate: () => 0.1,
  slots: {},
  update: (ops: never, { parameter }: { parameter: never }) => ({ parameter, slots: {} }),
} as never;

const open2 = open as (...args: unknown[]) => ReturnType<typeof open>;
const openGrad = openGradient as (...args: unknown[]) => ReturnType<typeof openGradient>;
const openStep = openTrainStep as (...args: unknown[]) => ReturnType<typeof openTrainStep>;

it.each([
  ["a config", config, [weights]],
  ["its text", JSON.stringify(config), [weights]],
  ["its text with a byte order mark", `\uFEFF ${JSON.stringify(config)}`, [weights]],
  ["a graph", graph, []],
  ["the bytes of a file", bytes, []],
  ["the buffer of a file", new Uint8Array(bytes).buffer, []],
])("%s opens and computes 2a + 3b", async (_, form, rest) => {
  await using session = await open2(form, ...rest);
  const y = await session.predict(tensor("float32", [1, 2], [10, 100]));
  expect([...(y.data as Float32Array)]).toEqual([320]);
  const step = await openStep(form, ...rest, { loss, optimizer, verify: false });
  expect([...(await step.weights()).values()][0]!.data).toEqual(Float32Array.of(2, 3));
  await step.dispose();
  await using gradient = await openGrad(form, ...rest, { withRespectTo: ["x"] });
  const { gradients } = await gradient.run({ x: tensor("float32", [1, 2], [10, 100]) });
  expect(gradients["x"]!.data).toEqual(Float32Array.of(2, 3));
});

it.each([
  ["net.onnx", 'await readModel("net.onnx"), …), with readModel of @cajal/onnx/node'],
  ["https://x.org/net.onnx", "await (await fetch("],
  ["net.h5", "readModel of @cajal/transfer"],
  ["net.keras", 'const { model, weights } = await readModel("net.keras")'],
  ["model.json", "readModel of @cajal/transfer"],
  ["net.safetensors", "loadModel of @cajal/train/node"],
  ["resnet50", "a Keras config or its JSON text"],
  [undefined, "got undefined, expected a Keras config"],
  [3, "got 3"],
  [[config], "got an array of 1"],
  [Promise.resolve(config), "await"],
  [{ model: config, weights }, "(read.model, read.weights, …)"],
  [new Blob([bytes as Uint8Array<ArrayBuffer>]), "got a Blob, expected a file's bytes"],
  [new Response(""), "new Uint8Array(await file.arrayBuffer())"],
])("%s is refused with the line that was meant", async (form, line) => {
  for (const [name, work] of [
    ["open", () => open2(form, weights)],
    ["openGradient", () => openGrad(form, weights)],
    ["openTrainStep", () => openStep(form, weights, { loss, optimizer })],
  ] as const) {
    const error: unknown = await work().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "bad-argument" });
    expect((error as Error).message).toContain(line);
    expect((error as Error).message).toContain(`${name}: got`);
  }
});

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
it.each([
  ["a zip archive", bytesOf("PK\x03\x04\x14\0")],
  ["an HDF5 file", bytesOf("\x89HDF\r\n\x1a\n\0")],
  ["a safetensors file", encodeSafetensors({ tensors: weights, metadata: {} })],
  ["a safetensors file", encodeSafetensors({ tensors: weights, metadata: {} }).buffer],
  ["JSON text", bytesOf(JSON.stringify(config))],
  ["JSON text", bytesOf('\xef\xbb\xbf{\n  "modelTopology": {} }')],
])("the bytes of %s are refused with the line that reads them", async (format, form) => {
  for (const work of [open2(form, weights), openStep(form, weights, { loss, optimizer })])
    await expect(work).rejects.toMatchObject({
      code: "bad-argument",
      message: expect.stringMatching(`got the bytes of ${format}.*readModel of @cajal/transfer`),
    });
});

it.each([
  [async () => weights, "got a function as weights, expected a Map. Call it"],
  [{ weights: async () => weights }.weights, "got the function weights as weights"],
  [Promise.resolve(weights), "got a promise as weights, expected a Map. Await it"],
])("what gives weights later is refused with what to do: %o", async (later, message) => {
  for (const work of [
    open2(config, later),
    openGrad(config, later, { withRespectTo: ["x"] }),
    openStep(config, later, { loss, optimizer }),
  ])
    await expect(work).rejects.toMatchObject({
      code: "bad-argument",
      message: expect.stringContaining(message),
    });
});

it("text that begins like JSON and is no model is refused as such", async () => {
  await expect(open2('{"a": 1', weights)).rejects.toMatchObject({ code: "bad-file" });
  await expect(open2("{}", weights)).rejects.toMatchObject({ code: "bad-model" });
});

it("weights for a text are drawn as for its config", () =>
  expect(initialize(JSON.stringify(config) as never, { seed: 1 })).toEqual(
    initialize(config, { seed: 1 }),
  ));

it("options behind undefined in the weights' place count", async () => {
  const onTfjs = { engine: "tfjs" };
  await expect(open2(graph, undefined, onTfjs)).rejects.toMatchObject({ code: "unsupported" });
  await expect(openGrad(graph, undefined, { ...onTfjs, withRespectTo: ["x"] })).rejects.toMatchObject({ code: "unsupported" }); // prettier-ignore
});
