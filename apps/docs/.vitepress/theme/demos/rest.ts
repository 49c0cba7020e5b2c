// In a demo's worker: rests while the page says so.
import type { Control } from "./useDemo";

let resume: (() => void) | undefined;
let resting: Promise<void> | undefined;

addEventListener("message", ({ data }: MessageEvent<Control>) => {
  if (data.type === "pause") resting ??= new Promise((done) => (resume = done));
  if (data.type === "resume") {
    resume?.();
    resting = undefined;
  }
});

/** Ends at once, or when the demo is on screen again. */
export async function rest(): Promise<void> {
  // Messages come in only between tasks.
  await new Promise((next) => setTimeout(next));
  await resting;
}
