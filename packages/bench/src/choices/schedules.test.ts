import { expect, it } from "vitest";
import { type ScheduleName, scheduleNames, schedules } from "./schedules";

// By hand, of a run of 100 updates at 0.4: the rates of updates 0, 25, 49, 50, 74, 75 and after the last.
it.each<[ScheduleName, number[]]>([
  ["constant", [0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4]],
  // (1 + cos πt) / 2
  ["cosine", [0.4, 0.341421, 0.206282, 0.2, 0.063091, 0.058579, 0]],
  ["linear", [0.4, 0.3, 0.204, 0.2, 0.104, 0.1, 0]],
  // 0.01^t
  ["exponential", [0.4, 0.126491, 0.041885, 0.04, 0.013245, 0.012649, 0.004]],
  ["step", [0.4, 0.4, 0.4, 0.04, 0.04, 0.004, 0.004]],
])("%s", (name, rates) => {
  const schedule = schedules[name](0.4, 100);
  [0, 25, 49, 50, 74, 75, 100].forEach((step, i) =>
    expect(schedule(step), `${step}`).toBeCloseTo(rates[i]!, 6),
  );
});

it("one-cycle: a 25th, the top after three tenths, next to nothing", () => {
  const schedule = schedules["one-cycle"](0.4, 100);
  expect([0, 29, 99].map(schedule)).toEqual([
    expect.closeTo(0.016),
    expect.closeTo(0.4),
    expect.closeTo(0.0000016, 9),
  ]);
});

it("each begins, whatever the length of the run", () => {
  for (const name of scheduleNames)
    for (const steps of [1, 2, 3, 10])
      expect(schedules[name](0.1, steps)(0), `${name} of ${steps}`).toBeGreaterThan(0);
});
