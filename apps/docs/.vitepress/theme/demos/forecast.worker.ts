// Learns a short series that the reader drags, and goes on with it.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, open, openTrainStep } from "@cajal/runtime";
import { adam, huber } from "@cajal/train";
import { rest } from "./rest";
import type { Outcome } from "./useDemo";

export interface ToForecast {
  readonly type: "learn";
  /** The series, 0 … 1. */
  readonly values: readonly number[];
}

export interface FromForecast {
  readonly type: "forecast";
  readonly step: number;
  readonly loss: number;
  /** What comes next. */
  readonly values: readonly number[];
}

const say = (message: FromForecast | Outcome) => postMessage(message);
const [length, ahead, steps] = [12, 12, 240];
const where = { engine: "onnx", device: "wasm" } as const;

const net = functional("forecast");
const past = net.input([length], { name: "past" });
const hidden = net.layer("Dense", { units: 16, activation: "tanh" }, past);
// What is learned is a change: the last value goes past the layers.
const last = net.layer("Dense", { units: 1 }, net.layer("Concatenate", {}, [hidden, past]));
const model = net.model(past, last);
const weights = initialize(model, { seed: 1 });
const loss = huber();
const optimizer = adam({ learningRate: 0.01 });
// It goes on from what it knew of the series before it was dragged.
const opened = openTrainStep(model, weights, { ...where, loss, optimizer, verify: false });

let newest = 0;
addEventListener("message", async ({ data }: MessageEvent<ToForecast>) => {
  if (data.type !== "learn") return;
  try {
    if (await learn(data.values, ++newest)) say({ type: "done" });
  } catch (error) {
    say({ type: "failed", message: (error as Error).message });
  }
});

/** Whether it came to the end; a newer series ends it before. */
async function learn(values: readonly number[], mine: number): Promise<boolean> {
  const step = await opened;
  const n = values.length - length;
  const windows = Array.from({ length: n }, (_, i) => values.slice(i, i + length)).flat();
  const x = tensor("float32", [n, length], windows);
  const y = tensor("float32", [n, 1], values.slice(length));
  for (let i = 1; i <= steps; i++) {
    if (mine !== newest) return false;
    const { loss } = await step.run({ x, y });
    if (i % 20 !== 0) continue;
    await using session = await open(model, await step.weights(), where);
    const series = [...values];
    for (let k = 0; k < ahead; k++) {
      const { data } = await session.predict(tensor("float32", [1, length], series.slice(-length)));
      series.push(Number(data[0]));
    }
    say({ type: "forecast", step: i, loss, values: series.slice(-ahead) });
    await rest();
  }
  return mine === newest;
}
