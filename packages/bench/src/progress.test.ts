import { expect, it } from "vitest";
import { createProgress } from "./progress";

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 60, write: (text: string) => written.push(text), written };
}

it("is quiet where nobody watches: a line for each stage, when it ends", () => {
  const out = stream(false);
  let time = 0;
  const progress = createProgress(out, { now: () => time });
  progress.start("Learns");
  time = 500;
  progress.update(0.5, "epoch 1");
  time = 2000;
  progress.finish("well");
  expect(out.written.join("")).toBe("Learns: well (2.0 s)\n");
});

it("is one living line on a terminal, with the time that is left", () => {
  const out = stream(true);
  let time = 0;
  const progress = createProgress(out, { now: () => time });
  progress.start("Learns");
  time = 1000;
  progress.update(0.25, "epoch 1");
  // A quarter took a second: three more.
  expect(out.written.at(-1)).toContain("25 %  3.0 s left  epoch 1");
  expect(out.written.join("")).not.toContain("\n");
  time = 1050;
  progress.update(0.26, "epoch 1");
  expect(out.written).toHaveLength(2); // too soon to draw again
  time = 1200;
  progress.update(0.3, "x".repeat(100));
  expect(out.written.at(-1)!.replace("\r\u001b[K", "")).toHaveLength(59); // never wraps
  progress.finish();
  expect(out.written.at(-1)).toBe("● Learns (1.2 s)\n");
});
