import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleExitProgram, endOf, endsOfWorkers as ends, exits } from "../testing/exits";

let program: string;
beforeAll(async () => {
  program = await bundleExitProgram();
});
afterAll(() => rm(program));

// The long run is scripts/exits.ts.
it.each(exits(8, 1))("$work ended by $end after $ms ms", { timeout: 60_000 }, async (exit) => {
  const { outcome, stderr } = await endOf(program, exit);
  const expected = ends[exit.end];
  expect({ outcome, stderr: outcome === expected ? "" : stderr }).toEqual({
    outcome: expected,
    stderr: "",
  });
});
