import type { Tensor } from "@cajal/core";
import { MessageChannel, MessagePort } from "node:worker_threads";
import { expect, it, vi } from "vitest";
import { graphHost } from "./graphHost.js";
import { helpers, type HelpersQuestion } from "./helpers.js";

it("makes no memory anew for batches of changing sizes", async () => {
  const questions: HelpersQuestion[] = [];
  const { port1, port2 } = new MessageChannel();
  port2.on("message", () => port2.postMessage({ value: {} }, []));
  vi.spyOn(port1, "postMessage").mockImplementation((question: HelpersQuestion) => {
    questions.push(question);
    MessagePort.prototype.postMessage.call(port1, question, []);
  });
  const host = { ...graphHost(), run: async () => ({}) };
  host.put({ weights: new Float32Array(4) });
  const helping = helpers(host);
  helping.connect(port1);
  const run = { graph: undefined as never, feeds: {}, reads: {}, writes: {} };
  const step = (examples: number, revision: number) => {
    const x: Tensor = { dtype: "float32", shape: [examples], data: new Float32Array(examples).fill(examples) }; // prettier-ignore
    return helping.run({
      first: run,
      others: [{ number: 0, feeds: { x }, kept: [["weights", ["weights", 0], revision]] }],
      handed: { output: "y", length: 3, inputs: ["gradients"] },
      update: run,
    });
  };
  for (const [i, examples] of [64, 72, 64, 72, 8, 72].entries()) await step(examples, i >> 1);

  const buffers = questions.map(({ feeds }) => feeds["x"]!.data.buffer);
  expect(new Set(buffers.slice(1)).size).toBe(1);
  expect(questions.map(({ feeds }) => feeds["x"]!.data.length)).toEqual([64, 72, 64, 72, 8, 72]);
  expect(new Set(questions.map(({ target }) => target)).size).toBe(1);
  // What has not changed is not sent again.
  expect(questions.map(({ changed }) => Object.keys(changed).length)).toEqual([1, 0, 1, 0, 1, 0]);
  port1.close();
});
