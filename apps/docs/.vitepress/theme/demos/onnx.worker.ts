// Runs one small ONNX model that the site carries, for the demos that only ask it.
import { tensor } from "@cajal/core";
import { open, type Session } from "@cajal/runtime";
import type { Outcome } from "./useDemo";

export type ToOnnx =
  /** The first message: the model's address, and what is asked first. */
  | { readonly type: "open"; readonly url: string; readonly shape: readonly number[]; readonly input: Float32Array }
  | { readonly type: "ask"; readonly shape: readonly number[]; readonly input: Float32Array }; // prettier-ignore

export interface FromOnnx {
  readonly type: "answer";
  readonly output: Float32Array;
  readonly milliseconds: number;
}

const say = (message: FromOnnx | Outcome) => postMessage(message);
let session: Promise<Session> | undefined;

addEventListener("message", async ({ data }: MessageEvent<ToOnnx>) => {
  if (data.type !== "open" && data.type !== "ask") return;
  try {
    if (data.type === "open") session = opened(data.url);
    if (!session) return;
    const running = await session;
    const began = performance.now();
    const { data: output } = await running.predict(tensor("float32", data.shape, data.input));
    say({
      type: "answer",
      output: output as Float32Array,
      milliseconds: performance.now() - began,
    });
    say({ type: "done" });
  } catch (error) {
    say({ type: "failed", message: (error as Error).message });
  }
});

async function opened(url: string): Promise<Session> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The model did not load: ${response.status}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return open(bytes, { engine: "onnx", device: "wasm", threads: 1 });
}
