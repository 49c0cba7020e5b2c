// Lesson 16: one model as a file, made smaller, on several devices, and behind a server that many ask at once.
// Small: LeNet on the digits of @cajal/datasets; --full: on MNIST.
// #region train
import { argMax, type Weights } from "@cajal/core";
import { digits, rescale } from "@cajal/datasets";
import { mnist } from "@cajal/datasets/node";
import { lenet5 } from "@cajal/models";
import { train as fit } from "@cajal/train";

const full = process.argv.includes("--full");
const model = lenet5({
  classifier_activation: "softmax",
  ...(!full && { input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] }),
});
const [training, testing] = full
  ? [await mnist(), await mnist({ split: "test" })]
  : digits().map(rescale(1 / 16)).split(0.8, { seed: 1, stratify: true }); // prettier-ignore
let weights: Weights = new Map();
for await (const event of fit(model, training!.batch(full ? 128 : 32), {
  epochs: full ? 3 : 8,
  optimizer: "adam",
  loss: "sparse_categorical_crossentropy",
  seed: 1,
}))
  if (event.type === "end") ({ weights } = event);
// #endregion train

// #region export
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toOnnx } from "@cajal/models";
import { encodeModel } from "@cajal/onnx";

const graph = toOnnx(model, weights);
const bytes = encodeModel(graph); // Uint8Array
await writeFile(join(tmpdir(), "lenet.onnx"), bytes);
// #endregion export

// #region same
import { open } from "@cajal/runtime";
import type { Tensor } from "@cajal/core";

const { x, y } = await testing!.all();
const direct = await open(model, weights);
const asFile = await open(bytes);
const inWasm = await open(bytes, { device: "wasm" }); // WebAssembly, as in every browser
const [expected, fromFile, fromWasm] = [await direct.predict(x), await asFile.predict(x), await inWasm.predict(x)]; // prettier-ignore
/** The largest difference of two tensors' numbers. */
const apart = (a: Tensor, b: Tensor) =>
  Math.max(
    ...Array.from(a.data as Float32Array, (value, i) => Math.abs(value - Number(b.data[i]))),
  );
export const differences = [
  { than: "the exported file, on the CPU", "largest difference": apart(expected, fromFile) },
  { than: "the exported file, in WebAssembly", "largest difference": apart(expected, fromWasm) },
];
await direct.dispose();
await inWasm.dispose();
// #endregion same
console.table(differences);

// #region shrink
import { float16Weights, int8Weights } from "@cajal/onnx";
import { quantizeOn } from "@cajal/transfer";

const shown = (await training!.take(256).all()).x; // what numbers flow through it, for the ranges
const forms = {
  "float32, as trained": graph,
  "float16 weights": float16Weights(graph),
  "int8 weights": int8Weights(graph),
  "int8 weights, uint8 activations": await quantizeOn(graph, [shown]),
};
export const sizes: { form: string; kB: number; accuracy: number }[] = [];
for (const [form, each] of Object.entries(forms)) {
  const file = encodeModel(each);
  await using session = await open(file);
  const guesses = argMax(await session.predict(x)).data;
  const right = [...y.data].filter((label, i) => guesses[i] === label);
  sizes.push({ form, kB: file.length / 1000, accuracy: right.length / y.data.length });
}
console.table(sizes);
// #endregion shrink

// #region server
import { createServer } from "node:http";
import { at, tensor } from "@cajal/core";

// Who asks waits up to 5 ms for others: up to 32 are answered with one run.
const together = asFile.batched({ maxBatch: 32, maxDelay: 5 });
const picture = (pixels: readonly number[]) => tensor("float32", [1, ...x.shape.slice(1)], pixels);
const server = createServer(async (request, response) => {
  try {
    let body = "";
    for await (const chunk of request) body += chunk;
    const scores = await together.predict(picture(JSON.parse(body)));
    response.end(JSON.stringify([...scores.data]));
  } catch (error) {
    response.writeHead(400).end(String(error)); // the caller's fault, and the server goes on
  }
});
await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
// #endregion server

// #region ask
const { port } = server.address() as { port: number };
const post = (body: string) => fetch(`http://127.0.0.1:${port}`, { method: "POST", body });
const pixels = (i: number) => [...at(x, i).data] as number[];

export const requests = 200;
/** All ask at the same moment. */
async function asked<T>(how: string, ask: (i: number) => Promise<T>) {
  const began = performance.now();
  const answers = await Promise.all(Array.from({ length: requests }, (_, i) => ask(i)));
  served.push({ how, milliseconds: performance.now() - began });
  return answers;
}
export const served: { how: string; milliseconds: number }[] = [];
await asked("a run for each", (i) => asFile.predict(picture(pixels(i))));
await asked("together", (i) => together.predict(picture(pixels(i))));
const answers = await asked("together, by HTTP", async (i) => {
  const response = await post(JSON.stringify(pixels(i)));
  return (await response.json()) as number[];
});
const wrong = await post("[1, 2, 3]");
export const refusal = `${wrong.status}: ${await wrong.text()}`;
server.close();
server.closeAllConnections();
await asFile.dispose();
console.table(served);
// #endregion ask

// #region devices
import { devices } from "@cajal/runtime";

export const here = (await devices()).map(({ engine, device, available, reason = "" }) => ({
  engine,
  device,
  "can run here": available ? "yes" : reason,
}));
console.table(here);
// #endregion devices

const worst = Math.max(...answers.flatMap((row, i) => row.map((p, k) => Math.abs(p - Number(expected.data[10 * i + k]))))); // prettier-ignore
const [asTrained, half, int8, integers] = sizes;
export const claims = {
  "The file gives the same probabilities as the model, on the CPU and in WebAssembly: within 1e-5":
    differences.every((row) => row["largest difference"] < 1e-5),
  "float16 weights take about half the size, int8 about a quarter":
    half!.kB < 0.6 * asTrained!.kB && int8!.kB < 0.4 * asTrained!.kB && integers!.kB < 0.4 * asTrained!.kB, // prettier-ignore
  "They lose less than two points of accuracy": sizes.every(({ accuracy }) => accuracy > asTrained!.accuracy - 0.02), // prettier-ignore
  "The server answers as the model does": worst < 1e-5,
  "What is no picture is refused": wrong.status === 400,
};
