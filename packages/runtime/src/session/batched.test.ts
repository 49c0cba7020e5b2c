import { random, tensor, type Tensor } from "@cajal/core";
import { functional, lenet5 } from "@cajal/models";
import { GraphBuilder } from "@cajal/onnx";
import { afterEach, describe, expect, it, vi } from "vitest";
import { initialize } from "../initializers/initialize";
import { open } from "../open";
import { sessionOf, type OpenedModel } from "./session";

/** y = 2 x, whose runs end when they are told to. */
function doubling(given: Partial<OpenedModel> = {}) {
  const runs: {
    shape: readonly number[];
    data: number[];
    handOver: boolean;
    end(error?: Error): void;
  }[] = [];
  const log: string[] = [];
  const session = sessionOf(
    {
      engine: "onnx",
      device: "cpu",
      inputs: [{ name: "x", dtype: "float32", shape: ["batch", undefined] }],
      outputs: [{ name: "y", dtype: "float32", shape: ["batch", undefined] }],
      run: ({ x }, { handOver = false } = {}) =>
        new Promise((resolve, reject) => {
          const data = [...(x!.data as Float32Array)];
          const y = () => tensor("float32", x!.shape, data.map((value) => 2 * value)); // prettier-ignore
          const end = (error?: Error) => (error ? reject(error) : resolve({ y: y() }));
          runs.push({ shape: x!.shape, data, handOver, end });
        }),
      free: () => void log.push("freed"),
      ...given,
    },
    [],
  );
  /** Runs that are there, and those that begin when they end. */
  async function endAll() {
    await turns();
    for (let ended = 0; ended < runs.length; await turns()) runs[ended++]!.end();
  }
  return { session, runs, log, endAll };
}

/** Long enough for all that follows without a timer. */
async function turns() {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Examples of two numbers. */
const rows = (...values: number[]) => tensor("float32", [values.length, 2], values.flatMap((value) => [value, value])); // prettier-ignore
const values = ({ data }: Tensor) => [...data].filter((_, i) => i % 2 === 0);
const shapes = (runs: readonly { shape: readonly number[] }[]) => runs.map(({ shape }) => shape);

afterEach(() => vi.useRealTimers());

describe("dynamic batching", () => {
  it("joins those who come in one task, and gives each its own rows", async () => {
    const { session, runs } = doubling();
    const batched = session.batched();
    const results = [rows(1), rows(2, 3), rows(4)].map((x) => batched.predict(x));
    await turns();
    expect(runs.map(({ data }) => data)).toEqual([[1, 1, 2, 2, 3, 3, 4, 4]]);
    runs[0]!.end();
    const [first, ...others] = await Promise.all(results);
    expect(others.map(values)).toEqual([[4, 6], [8]]);
    expect(first).toEqual(tensor("float32", [1, 2], [2, 2]));
    expect(first!.data.buffer.byteLength).toBe(8); // not the whole batch's
  });

  it("lets the engine have the joined arrays, and never a caller's", async () => {
    const { session, runs, endAll } = doubling();
    const batched = session.batched({ maxBatch: 2 });
    const all = [rows(1, 2), rows(3), rows(4), rows(5, 6, 7)].map((x) => batched.predict(x));
    await endAll();
    await Promise.all(all);
    expect(runs.map(({ handOver }) => handOver)).toEqual([false, true, true, true]);
  });

  it("gathers while it runs, serves in order, and splits no request that fits", async () => {
    const { session, runs, endAll } = doubling();
    const batched = session.batched({ maxBatch: 4 });
    const order: number[] = [];
    const ask = async (...of: number[]) => {
      const y = await batched.predict(rows(...of));
      order.push(of[0]!);
      expect(values(y)).toEqual(of.map((value) => 2 * value));
    };
    const all = [ask(1)];
    await turns();
    // 3 and 4 do not fit beside 2; 5 would, and does not overtake them.
    all.push(ask(2, 2), ask(3, 3, 4), ask(5), ask(6));
    await turns();
    expect(runs).toHaveLength(1);
    await endAll();
    await Promise.all(all);
    expect(shapes(runs)).toEqual([[1, 2], [2, 2], [4, 2], [1, 2]]); // prettier-ignore
    expect(order).toEqual([1, 2, 3, 5, 6]);
  });

  it("begins at once when it is full", async () => {
    const { session, runs } = doubling();
    const batched = session.batched({ maxBatch: 2, maxDelay: 1e6 });
    void batched.predict(rows(1));
    void batched.predict(rows(2));
    await turns();
    expect(shapes(runs)).toEqual([[2, 2]]);
  });

  it("waits no longer than maxDelay, and leaves no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const { session, runs } = doubling();
    const batched = session.batched({ maxDelay: 20 });
    void batched.predict(rows(1));
    await vi.advanceTimersByTimeAsync(15);
    void batched.predict(rows(2));
    await vi.advanceTimersByTimeAsync(4);
    expect(runs).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(shapes(runs)).toEqual([[2, 2]]);
    // Of what comes during a run, the wait begins when it comes.
    void batched.predict(rows(3));
    await vi.advanceTimersByTimeAsync(15);
    runs[0]!.end();
    await vi.advanceTimersByTimeAsync(4);
    expect(runs).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toHaveLength(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("runs a request of more than maxBatch in parts, joined by the next", async () => {
    const { session, runs, endAll } = doubling();
    const batched = session.batched({ maxBatch: 4 });
    const many = batched.predict(rows(1, 2, 3, 4, 5, 6));
    const next = batched.predict(rows(7));
    await endAll();
    expect(shapes(runs)).toEqual([[4, 2], [3, 2]]); // prettier-ignore
    expect(values(await many)).toEqual([2, 4, 6, 8, 10, 12]);
    expect(values(await next)).toEqual([14]);
  });

  it("joins equal shapes alone, and lets none wait for ever", async () => {
    const { session, runs, endAll } = doubling();
    const batched = session.batched({ maxBatch: 2 });
    const wide = (value: number) => tensor("float32", [1, 3], [value, value, value]);
    const served = new AbortController();
    const all = [rows(1), wide(2), rows(3), wide(4)].map((x) => batched.predict(x));
    await endAll();
    expect(shapes(runs)).toEqual([[2, 2], [2, 3]]); // prettier-ignore
    expect((await Promise.all(all)).map(({ data }) => [...data])).toEqual([[2, 2], [4, 4, 4], [6, 6], [8, 8, 8]]); // prettier-ignore
    // Three callers keep runs of one shape full; one of another shape gets its turn.
    const loops = [1, 2, 3].map(async (value) => {
      while (!served.signal.aborted && runs.length < 20) await batched.predict(rows(value));
    });
    await turns();
    const lone = batched.predict(wide(5)).then(() => served.abort());
    for (let i = 2; i < runs.length; i++, await turns()) runs[i]!.end();
    await Promise.all([lone, ...loops]);
    expect(runs.length).toBeLessThan(8);
  });

  it("lets a full run of another shape pass before the time of the oldest", async () => {
    const { session, runs } = doubling();
    const batched = session.batched({ maxBatch: 2, maxDelay: 1e6 });
    void batched.predict(tensor("float32", [1, 3]));
    void batched.predict(rows(1));
    void batched.predict(rows(2));
    await turns();
    expect(shapes(runs)).toEqual([[2, 2]]);
  });

  it("refuses alone what does not fit", async () => {
    const { session, runs, endAll } = doubling();
    const batched = session.batched();
    const bad = [tensor("float32", [2]), tensor("uint8", [1, 2]), 3 as never];
    const refused = bad.map((x) => expect(batched.predict(x)).rejects.toMatchObject({ code: expect.stringMatching(/^bad-/) })); // prettier-ignore
    const good = batched.predict(rows(1));
    await Promise.all(refused);
    await endAll();
    expect(values(await good)).toEqual([2]);
    expect(shapes(runs)).toEqual([[1, 2]]);
    await expect(batched.predict(rows(1), { signal: 3 as never })).rejects.toMatchObject({ code: "bad-argument" }); // prettier-ignore
    await expect(batched.run({ z: rows(1) })).rejects.toMatchObject({ code: "unknown-name" });
  });

  it("rejects those in a run that fails, and no others", async () => {
    const { session, runs } = doubling();
    const batched = session.batched({ maxBatch: 2 });
    const all = [rows(1), rows(2, 3, 4, 6, 7), rows(5)].map((x) => batched.predict(x));
    const settled = Promise.allSettled(all);
    await turns();
    runs[0]!.end();
    await turns();
    runs[1]!.end(new Error("out of luck"));
    await turns();
    runs[2]!.end();
    expect(await settled).toMatchObject([
      { status: "fulfilled" },
      { reason: { code: "engine", message: expect.stringContaining("out of luck") } },
      { status: "fulfilled", value: { data: Float32Array.of(10, 10) } },
    ]);
    expect(runs.map(({ data }) => data[0])).toEqual([1, 3, 5]);
  });

  it("takes an aborted request out of the queue", async () => {
    const { session, runs, log } = doubling();
    const batched = session.batched({ maxBatch: 2 });
    const [early, late, big] = [1, 2, 3].map(() => new AbortController());
    const reason = new Error("enough");
    const first = batched.predict(rows(1), early);
    await turns();
    const aborted = [
      first,
      batched.predict(rows(2), late),
      batched.predict(rows(9), { signal: AbortSignal.abort(reason) }),
    ].map((result) => expect(result).rejects.toBe(reason));
    const third = batched.predict(rows(3));
    early!.abort(reason); // runs: only its caller stops waiting
    late!.abort(reason);
    await Promise.all(aborted);
    runs[0]!.end();
    await turns();
    expect(runs.map(({ data }) => data)).toEqual([[1, 1], [3, 3]]); // prettier-ignore
    // Of a request in parts, those that are left; the session is not freed before the one that runs.
    aborted.push(expect(batched.predict(rows(4, 5, 6), big)).rejects.toBe(reason));
    runs[1]!.end();
    expect(values(await third)).toEqual([6]);
    await turns();
    big!.abort(reason);
    await aborted.at(-1);
    const disposal = session.dispose();
    await turns();
    expect(log).toEqual([]);
    runs[2]!.end();
    await disposal;
    expect(shapes(runs)).toEqual([[1, 2], [1, 2], [2, 2]]); // prettier-ignore
    expect(log).toEqual(["freed"]);
  });

  it("keeps no listener and no timer of an aborted request", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { session, runs } = doubling();
    const batched = session.batched({ maxBatch: 2, maxDelay: 1000 });
    const controller = new AbortController();
    const added = vi.spyOn(controller.signal, "addEventListener");
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    const aborted = expect(batched.predict(rows(1), controller)).rejects.toThrow();
    expect(vi.getTimerCount()).toBe(1);
    controller.abort();
    await aborted;
    await turns();
    expect(vi.getTimerCount()).toBe(0);
    expect(runs).toEqual([]);
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed).toHaveBeenCalledTimes(added.mock.calls.length);
    void batched.predict(rows(2)); // does not fill a run with the one that left
    expect(runs).toEqual([]);
  });

  it("serves those who wait when the session is disposed of, without delay", async () => {
    const { session, runs, log, endAll } = doubling();
    const batched = session.batched({ maxDelay: 1e6 });
    const waiting = [batched.predict(rows(1)), batched.predict(tensor("float32", [1, 1], [3]))];
    const disposal = session.dispose();
    const late = expect(batched.predict(rows(2))).rejects.toMatchObject({ code: "disposed" });
    await turns();
    expect(log).toEqual([]);
    await endAll();
    await disposal;
    await late;
    expect(log).toEqual(["freed"]);
    expect(shapes(runs)).toEqual([[1, 2], [1, 1]]); // prettier-ignore
    expect((await Promise.all(waiting)).map(({ data }) => data[0])).toEqual([2, 6]);
  });

  it("refuses options that it does not know, and models whose batch is not free", () => {
    const { session } = doubling();
    const code = (options: object) => {
      try {
        session.batched(options);
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect([{ maxBatch: 0 }, { maxBatch: 1.5 }, { maxDelay: -1 }, 3 as never].map(code)).toEqual(Array(4).fill("bad-argument")); // prettier-ignore
    expect(code({ batch: 3 })).toBe("unknown-option");
    const y = { name: "y", dtype: "float32" } as const;
    for (const given of [
      { inputs: [{ ...y, shape: [1, 2] }] },
      { inputs: [{ ...y, shape: [] }] },
      { outputs: [{ ...y, shape: [1, 2] }] },
    ])
      expect(() => doubling(given).session.batched()).toThrow(expect.objectContaining({ code: "unsupported", message: expect.stringContaining('"y"') })); // prettier-ignore
  });

  it("tells at the first run that an output has no row for each example", async () => {
    const g = new GraphBuilder();
    const x = g.input("x", "float32", ["n", 2]);
    g.output(g.reduceMean(x, { axes: [0, 1], keepdims: false }), "mean");
    await using session = await open(g.build());
    const batched = session.batched();
    const refusal = {
      code: "unsupported",
      message: expect.stringMatching(/"mean".*1 example,/) as string,
    };
    await Promise.all(
      [rows(1), rows(2)].map((each) => expect(batched.predict(each)).rejects.toMatchObject(refusal)), // prettier-ignore
    );
  });

  it("refuses an output whose first axis is another than the batch, however long it is", async () => {
    const steps = (value: number) => tensor("float32", [1, 3, 1], [value, value + 1, value + 2]);
    // As many steps as rows in a run: each caller would have one step of all. With the output's shape unsaid, too.
    for (const says of [true, false]) {
      const g = new GraphBuilder();
      const x = g.input("x", "float32", says ? ["batch", "time", 1] : ["batch", undefined, 1]);
      g.output(g.transpose(x, [1, 0, 2]), "y");
      await using session = await open(g.build());
      expect(() => session.batched()).toThrow(/"y" has shape \[.*,batch,1\]/);
      expect([...(await session.predict(steps(10))).shape]).toEqual([3, 1, 1]);
    }
    // Where no name tells.
    const { session } = doubling({
      inputs: [{ name: "x", dtype: "float32", shape: ["batch", "time", 1] }],
      outputs: [{ name: "y", dtype: "float32", shape: undefined }],
      run: async ({ x }) => {
        const [rows, time] = x!.shape as [number, number];
        return { y: tensor("float32", [time, rows, 1]) };
      },
    });
    const one = { ...steps(1), shape: [3, 1, 1] };
    for (const x of [steps(1), one])
      await expect(session.batched().predict(x)).rejects.toMatchObject({ code: "unsupported", message: expect.stringContaining('"y"') }); // prettier-ignore
  });

  it("refuses an output that has a number for each two examples", async () => {
    const g = new GraphBuilder();
    const [a, b] = [g.input("a", "float32", ["n", 2]), g.input("b", "float32", ["m", 2])];
    g.output(g.matMul(a, g.transpose(b, [1, 0])), "y");
    await using session = await open(g.build());
    expect(() => session.batched()).toThrow(/"y" has shape \[n,m\]/);
    // One of which nobody knows.
    const h = new GraphBuilder();
    const x = h.input("x", "float32", [undefined, 2]);
    h.output(h.matMul(x, h.transpose(x, [1, 0])), "y");
    await using other = await open(h.build());
    await expect(other.batched().predict(rows(1))).rejects.toMatchObject({ code: "unsupported" });
  });

  it("asks a model that does not name its batch once, and serves it", async () => {
    const shapesOfRuns: number[] = [];
    const { session } = doubling({
      outputs: [{ name: "y", dtype: "float32", shape: undefined }],
      run: async ({ x }) => {
        shapesOfRuns.push(x!.shape[0]!);
        return {
          y: tensor(
            "float32",
            x!.shape,
            [...(x!.data as Float32Array)].map((v) => 2 * v),
          ),
        };
      },
    });
    const batched = session.batched();
    const ask = () => Promise.all([rows(1), rows(2, 3)].map((x) => batched.predict(x)));
    expect((await ask()).map(values)).toEqual([[2], [4, 6]]);
    await ask();
    expect(shapesOfRuns).toEqual([1, 2, 3, 3]);
  });

  it("refuses options that are none", async () => {
    const { session } = doubling();
    const refusal = { code: "bad-argument", message: expect.stringContaining("run: got null") as string }; // prettier-ignore
    for (const runs of [session, session.batched()])
      await expect(runs.predict(rows(1), null!)).rejects.toMatchObject(refusal);
    await expect(session.run({ x: rows(1) }, { signl: 1 } as object)).rejects.toMatchObject({ code: "unknown-option" }); // prettier-ignore
  });

  it("takes several inputs, of as many examples each, or none", async () => {
    const net = functional("pair");
    const [a, b] = ["a", "b"].map((name) => net.input([2], { name }));
    const model = net.model([a!, b!], [net.layer("Add", { name: "sum" }, [a!, b!])]);
    await using session = await open(model, new Map());
    const batched = session.batched({ maxBatch: 2 });
    const results = [1, 2, 3, 4].map((value) =>
      batched.run({ a: rows(value), b: rows(10 * value) }),
    );
    const none = batched.run({ a: rows(), b: rows() });
    await expect(batched.run({ a: rows(1), b: rows(1, 2) })).rejects.toMatchObject({ code: "bad-shape" }); // prettier-ignore
    await expect(batched.predict(rows(1))).rejects.toMatchObject({ code: "bad-argument" });
    expect((await Promise.all(results)).map(({ sum }) => values(sum!))).toEqual([
      [11],
      [22],
      [33],
      [44],
    ]);
    expect((await none).sum).toEqual(rows());
  });
});

const places = [
  { engine: "onnx", device: "cpu" },
  { engine: "onnx", device: "cpu", worker: true },
  { engine: "onnx", device: "wasm" },
  { engine: "tfjs", device: "cpu" },
  { engine: "tfjs", device: "wasm" },
] as const;

it.each(places)("gives what single runs give, on $engine, $device", async (place) => {
  const model = lenet5();
  await using session = await open(model, initialize(model, { seed: 3 }), place);
  const numbers = random(5, "images");
  const images = Array.from({ length: 6 }, () => {
    const x = tensor("float32", [1, ...session.inputs[0]!.shape!.slice(1).map(Number)]);
    x.data.forEach((_, i) => (x.data[i] = numbers.normal()));
    return x;
  });
  const batched = session.batched({ maxBatch: 4 });
  const together = await Promise.all(images.map((x) => batched.predict(x)));
  for (const [i, x] of images.entries()) {
    const { data, shape } = await session.predict(x);
    expect(together[i]!.shape).toEqual(shape);
    // Kernels sum in another order for a batch: probabilities differ in the last digits of float32.
    data.forEach((p, k) => expect(Math.abs(Number(together[i]!.data[k]) - Number(p))).toBeLessThan(1e-6)); // prettier-ignore
  }
  // Images have different answers, so rows that were mixed up would show.
  expect(Math.abs(Number(together[0]!.data[0]) - Number(together[1]!.data[0]))).toBeGreaterThan(1e-5); // prettier-ignore
});
