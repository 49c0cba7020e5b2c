// With a made-up runtime, whose tensors say on which side they are: on a real device only times would tell.
import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import type { Ort } from "../peers";
import { deviceHost } from "./deviceHost.js";

let crossed = 0;
let alive = 0;

class Tensor {
  readonly location: string = "cpu";
  constructor(
    readonly type: string,
    readonly data: Float32Array,
    readonly dims: readonly number[],
  ) {}
}

class OnDevice extends Tensor {
  override readonly location = "gpu-buffer";
  #alive = true;
  constructor(data: Float32Array) {
    super("float32", data, [data.length]);
    alive++;
  }
  dispose() {
    if (!this.#alive) throw new Error("disposed twice");
    this.#alive = false;
    alive--;
  }
}

type Inputs = Record<string, Tensor>;

/** What comes from this side has crossed, and so has what goes back. */
const session = (run: (inputs: Inputs) => Record<string, Tensor>) => ({
  async run(inputs: Inputs) {
    const results = run(inputs);
    for (const { location, data } of [...Object.values(inputs), ...Object.values(results)])
      if (location === "cpu") crossed += data.byteLength;
    return results;
  },
  release: async () => {},
});

const ort = {
  Tensor,
  InferenceSession: {
    create: async (_: unknown, options: { preferredOutputLocation: string }) =>
      session(({ x }) => ({
        y:
          options.preferredOutputLocation === "cpu"
            ? new Tensor("float32", x!.data.slice(), x!.dims)
            : new OnDevice(x!.data.slice()),
      })),
  },
} as unknown as Ort;

/** w + x, and its sum. */
const graph = {
  ort,
  session: session(({ w, x }) => {
    const data = w!.data.map((value, i) => value + x!.data[i]!);
    const sum = Float32Array.of(data.reduce((a, b) => a + b, 0));
    return { "new/w": new OnDevice(data), numbers: new Tensor("float32", sum, [1]) };
  }) as never,
  shapes: { w: [1000] },
  copy: new Uint8Array(),
};

it("keeps what steps write on the device, and gives back what is written over", async () => {
  const host = deviceHost();
  await host.put({ w: new Float32Array(1000).fill(1) });
  const x = tensor("float32", [1000], new Float32Array(1000).fill(2));
  let at = 0;
  const step = async () => {
    const before = crossed;
    const { numbers } = await host.run(graph, {
      feeds: { x },
      reads: { w: ["w", at] },
      writes: { "new/w": ["w", 1 - at] },
    });
    at = 1 - at;
    return { sum: numbers!.data[0], bytes: crossed - before };
  };
  // The first takes the weights there; the others take the batch there and one number back.
  expect(await step()).toEqual({ sum: 3000, bytes: 4000 + 4000 + 4 });
  for (let i = 2; i < 6; i++)
    expect(await step()).toEqual({ sum: 1000 + 2000 * i, bytes: 4000 + 4 });
  expect(alive).toBe(2);
  const [w] = await host.take([["w", at]]);
  expect([...new Set(w)]).toEqual([11]);
  await host.zero({ w: 1000 });
  expect(alive).toBe(0);
  at = 0;
  expect((await step()).sum).toBe(2000);
  await host.end();
  expect(alive).toBe(0);
});

it("refuses to read what was never kept", async () => {
  await expect(deviceHost().take([["w", 0]])).rejects.toThrow("version 0 of w");
});
