import { expect, it } from "vitest";
import { interleave } from "./interleave";

/** What a generator returns, and what it yielded before. */
async function finish<T, R>(generator: AsyncGenerator<T, R, undefined>) {
  const yielded: T[] = [];
  let next = await generator.next();
  for (; next.done !== true; next = await generator.next()) yielded.push(next.value);
  return { yielded, returned: next.value };
}

/** A clock that only the contestants move. */
function clock() {
  let time = 0;
  return { now: () => time, pass: (ms: number) => void (time += ms) };
}

it("lets contestants take turns of equal length, and leaves warming up out", async () => {
  const { now, pass } = clock();
  const order: string[] = [];
  let first = true;
  const { yielded, returned } = await finish(
    interleave(
      [
        {
          name: "quick",
          call: async () => {
            order.push("q");
            pass(first ? 1000 : 2); // the first call compiles
            first = false;
          },
        },
        {
          name: "slow",
          call: async () => {
            order.push("s");
            pass(10);
          },
        },
      ],
      { rounds: 2, milliseconds: 6, now },
    ),
  );
  // 6 ms are three calls of 2 ms, and one of 10 ms.
  expect(order.join("")).toBe("qqssqqqsqqqs");
  expect(yielded.map(({ name, done }) => `${name} ${done}`)).toEqual([
    "quick 0.25",
    "slow 0.5",
    "quick 0.75",
    "slow 1",
  ]);
  expect(returned).toEqual([
    [2, 2, 2, 2, 2, 2],
    [10, 10],
  ]);
});

it("stops when it is told to", async () => {
  const controller = new AbortController();
  let calls = 0;
  const call = async () => {
    if (++calls === 5) controller.abort();
  };
  await expect(
    finish(
      interleave([{ name: "endless", call }], {
        rounds: 1e6,
        milliseconds: 1,
        signal: controller.signal,
      }),
    ),
  ).rejects.toMatchObject({ name: "AbortError" });
  expect(calls).toBe(5);
});
