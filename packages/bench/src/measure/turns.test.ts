import { expect, it } from "vitest";
import { ratioOf, takeTurns } from "./turns";
import { startWorker, type Worker } from "./workers";
import type { Pace } from "./yardstick";

/** A worker of few lines, as another library's might be. */
const steady = (ms: number): [string, ...string[]] => [
  process.execPath,
  "-e",
  `
    console.log("a line that is no answer");
    console.log(JSON.stringify({ ready: true, best_warm_ms: ${ms} }));
    require("readline").createInterface({ input: process.stdin }).on("line", (n) =>
      console.log(JSON.stringify({ median_ms: ${ms}, n: Number(n), rss_mb: 50, version: "1" })));
  `,
];

it("lets workers take turns of equal length", async () => {
  const workers = await Promise.all([
    startWorker("quick", steady(2)),
    startWorker("slow", steady(20)),
  ]);
  const turns = takeTurns(workers, { rounds: 3, seconds: 0.06 });
  const order: string[] = [];
  let turn = await turns.next();
  for (; turn.done !== true; turn = await turns.next()) order.push(turn.value.name);
  const [quick, slow] = turn.value;
  for (const worker of workers) worker.stop();
  expect(order).toEqual(["quick", "slow", "quick", "slow", "quick", "slow"]);
  // 60 ms are 30 steps of 2 ms and 3 of 20 ms, three times each.
  expect([quick!.n, slow!.n]).toEqual([90, 9]);
  expect(slow).toMatchObject({ rss_mb: 50, version: "1", rounds_ms: [20, 20, 20] });
  expect(ratioOf(slow!, quick!)).toBe(10);
});

it("has another process for each round where it is told how to renew one", async () => {
  const processes: number[] = [];
  const launch = () => startWorker("one", steady(2));
  const turns = takeTurns([await launch()], {
    rounds: 3,
    seconds: 0.02,
    watch: ([pid]) => {
      processes.push(pid!);
      return () => 0;
    },
    renew: async (worker) => {
      worker.stop();
      return launch();
    },
  });
  let turn = await turns.next();
  while (turn.done !== true) turn = await turns.next();
  expect(turn.value[0]).toMatchObject({ rounds_ms: [2, 2, 2], n: 30 });
  expect(new Set(processes).size).toBe(3);
});

/** A worker whose turns take so many milliseconds, and a yardstick before and after each of them. */
function disturbed(turns: readonly { ms: number; pace: number }[]) {
  let turn = 0;
  let measured = 0;
  const worker: Worker = {
    name: "disturbed",
    warm: 10,
    turn: async () => ({ median_ms: turns[turn++]!.ms, n: 1, rss_mb: 1 }),
    stop: () => {},
  };
  const yardstick = {
    measure: async (): Promise<Pace> => {
      const { pace } = turns[measured++ >> 1]!;
      return { arithmetic_ms: pace, memory_ms: 2 * pace };
    },
    stop: () => {},
  };
  return { worker, yardstick };
}

async function timingOf(turns: readonly { ms: number; pace: number }[], rounds: number) {
  const { worker, yardstick } = disturbed(turns);
  const run = takeTurns([worker], { rounds, yardstick, watch: () => () => 0 });
  let step = await run.next();
  while (step.done !== true) step = await run.next();
  return step.value[0]!;
}

it("repeats a turn in which the machine was slower, though no program ran", async () => {
  const turns = [
    { ms: 10, pace: 4 },
    { ms: 20, pace: 8 },
    { ms: 11, pace: 4.2 },
    { ms: 10, pace: 4 },
  ];
  const { rounds_ms, paces, dirty } = await timingOf(turns, 3);
  expect(rounds_ms).toEqual([10, 11, 10]);
  expect(paces.map(({ memory_ms }) => memory_ms.toFixed(3))).toEqual(["8.000", "8.400", "8.000"]);
  expect(dirty).toBe(0);
});

it("calls rounds dirty that were slow until the end, the first ones too", async () => {
  // Of three tries each the fastest counts; in the second round the machine shows what it can do.
  const slow = [8, 7.8, 8.2].map((pace) => ({ ms: 2.5 * pace, pace }));
  const { rounds_ms, dirty } = await timingOf([slow[0]!, { ms: 10, pace: 4 }, ...slow], 3);
  expect(rounds_ms).toEqual([20, 10, 19.5]);
  expect(dirty).toBe(2);
});
