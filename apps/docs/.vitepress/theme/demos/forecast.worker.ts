// Learns a short series that the reader drags, and goes on with it.
import { forecaster, type Forecast } from "./forecast";
import { rest } from "./rest";
import type { Outcome } from "./useDemo";

export interface ToForecast {
  readonly type: "learn";
  /** The series, 0 … 1. */
  readonly values: readonly number[];
}

export type FromForecast = Forecast & { readonly type: "forecast" };

const say = (message: FromForecast | Outcome) => postMessage(message);
// So small a network is no faster with threads.
const opened = forecaster({ engine: "onnx", device: "wasm", threads: 1 });

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
  const learned = await opened;
  for await (const forecast of learned(values)) {
    if (mine !== newest) return false;
    say({ type: "forecast", ...forecast });
    await rest();
    if (mine !== newest) return false;
  }
  return true;
}
