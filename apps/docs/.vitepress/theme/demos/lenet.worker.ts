// Trains LeNet on the digits of @cajal/datasets, in the reader's browser.
import type { Weights } from "@cajal/core";
import { tensor } from "@cajal/core";
import { digits, rescale } from "@cajal/datasets";
import { lenet5 } from "@cajal/models";
import { open } from "@cajal/runtime";
import { accuracy, adam, sparseCategoricalCrossentropy, train } from "@cajal/train";
import { rest } from "./rest";
import type { Outcome } from "./useDemo";

export type ToLenet =
  | { readonly type: "train"; readonly learningRate: number; readonly epochs: number }
  /** 64 numbers, 0 … 1. */
  | { readonly type: "read"; readonly pixels: Float32Array };

export type FromLenet =
  | { readonly type: "step"; readonly step: number; readonly loss: number }
  | {
      readonly type: "epoch";
      readonly epoch: number;
      /** Since training began. */
      readonly seconds: number;
      /** Shares of right answers, while learning and on held-out digits. */
      readonly training: number;
      readonly heldOut: number;
      /** Of the first convolution, one after the other. */
      readonly filters: Float32Array;
    }
  /** A probability a digit. */
  | { readonly type: "answer"; readonly probabilities: readonly number[] };

const say = (message: FromLenet | Outcome) => postMessage(message);

const model = lenet5({ input_shape: [8, 8, 1], kernel_size: 3, padding: ["same", "same"] });
let weights: Weights | undefined;

addEventListener("message", async ({ data }: MessageEvent<ToLenet>) => {
  try {
    if (data.type === "train") await learn(data.learningRate, data.epochs);
    if (data.type === "read" && weights) await read(data.pixels, weights);
  } catch (error) {
    say({ type: "failed", message: (error as Error).message });
  }
});

async function learn(learningRate: number, epochs: number): Promise<void> {
  const [training, heldOut] = digits().map(rescale(1 / 16)).split(0.8, { seed: 1, stratify: true }); // prettier-ignore
  const began = performance.now();
  for await (const event of train(model, training.batch(64), {
    epochs,
    validation: heldOut.batch(359),
    loss: sparseCategoricalCrossentropy({ fromLogits: true }),
    optimizer: adam({ learningRate }),
    metrics: [accuracy()],
    seed: 1,
    engine: "onnx",
    device: "wasm",
    threads: 1, // so small a network is no faster with more
    worker: false, // this is one
    verify: false, // the engine that the site carries is the one that the tests train with
  })) {
    if (event.type === "step" && event.step % 5 === 0) {
      say({ type: "step", step: event.step, loss: event.loss });
      await rest();
    }
    if (event.type !== "epoch") continue;
    weights = await event.weights();
    say({
      type: "epoch",
      epoch: event.epoch + 1,
      seconds: (performance.now() - began) / 1000,
      training: event.metrics.accuracy!,
      heldOut: event.validation!.metrics.accuracy!,
      filters: planes(weights.get("conv1/kernel")!.data as Float32Array),
    });
  }
  say({ type: "done" });
}

/** `[3, 3, 1, filters]` → a filter after the other. */
function planes(kernel: Float32Array): Float32Array {
  const filters = kernel.length / 9;
  return Float32Array.from(kernel, (_, i) => kernel[(i % 9) * filters + Math.floor(i / 9)]!);
}

async function read(pixels: Float32Array, weights: Weights): Promise<void> {
  await using session = await open(model, weights, { engine: "onnx", device: "wasm", threads: 1 });
  const { data } = await session.predict(tensor("float32", [1, 8, 8, 1], pixels));
  const powers = Array.from(data as Float32Array, (logit) => Math.exp(logit));
  const sum = powers.reduce((a, b) => a + b);
  say({ type: "answer", probabilities: powers.map((power) => power / sum) });
}
