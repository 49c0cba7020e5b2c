import { tensor, type Weights } from "@cajal/core";
import { functional } from "@cajal/models";
import { meanSquaredError, sgd } from "@cajal/train";
import { InferenceSession } from "onnxruntime-node";
import { afterEach, expect, it, vi } from "vitest";
import { open, openGradient, openTrainStep } from "..";

const network = functional("line");
const input = network.input([2], { name: "x" });
const net = network.model([input], [network.layer("Dense", { units: 1, name: "dense" }, input)]);
const weights: Weights = new Map([
  ["dense/kernel", tensor("float32", [2, 1], [1, 2])],
  ["dense/bias", tensor("float32", [1])],
]);
const x = tensor("float32", [1, 2], [3, 4]);

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Threads of the sessions that each of the three opened. */
async function threadsOf(threads?: number): Promise<Set<unknown>[]> {
  const create = vi.spyOn(InferenceSession, "create");
  const seen = () => new Set(create.mock.calls.splice(0).map(([, options]) => (options as InferenceSession.SessionOptions | undefined)?.intraOpNumThreads)); // prettier-ignore
  seen();
  const options = { device: "cpu", ...(threads !== undefined && { threads }) } as const;
  await (await open(net, weights, options)).dispose();
  const opened = seen();
  await using gradient = await openGradient(net, weights, options);
  await gradient.run({ x });
  const openedGradient = seen();
  await using step = await openTrainStep(net, weights, { ...options, loss: meanSquaredError(), optimizer: sgd(), verify: false }); // prettier-ignore
  await step.run({ x, y: tensor("float32", [1, 1]) });
  return [opened, openedGradient, seen()];
}

it("takes threads from CAJAL_THREADS where it is told none", async () => {
  vi.stubEnv("CAJAL_THREADS", "3");
  for (const of of await threadsOf()) expect(of).toContain(3);
  for (const of of await threadsOf(2)) expect(of).not.toContain(3);
  vi.stubEnv("CAJAL_THREADS", "");
  for (const of of await threadsOf()) expect(of).not.toContain(3);
});

it.each(["many", "0", "1.5", "-1", "1e9"])(
  "refuses %s for a number of threads",
  async (setting) => {
    vi.stubEnv("CAJAL_THREADS", setting);
    const expected = { code: "bad-argument", message: expect.stringContaining(`CAJAL_THREADS of the environment: got "${setting}"`) as string }; // prettier-ignore
    await expect(open(net, weights)).rejects.toMatchObject(expected);
    await expect(openGradient(net, weights)).rejects.toMatchObject(expected);
    const step = { loss: meanSquaredError(), optimizer: sgd() };
    await expect(openTrainStep(net, weights, step)).rejects.toMatchObject(expected);
  },
);
