import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { oneByOne } from "./oneByOne";

it("begins each work when the one before has ended, also in an error", async () => {
  const inTurn = oneByOne();
  const log: string[] = [];
  const work =
    (name: string, fails = false) =>
    async () => {
      log.push(`${name} begins`);
      await new Promise((later) => setTimeout(later, 5));
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
  const results = await Promise.allSettled([inTurn(work("a", true)), inTurn(work("b"))]);
  expect(results).toMatchObject([{ status: "rejected" }, { status: "fulfilled", value: "b" }]);
  expect(log).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

it("keeps no result", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const inTurn = oneByOne();
  const result = new WeakRef(await inTurn(() => new Float32Array(1000)));
  await new Promise((later) => setTimeout(later, 5));
  collect();
  expect(result.deref()).toBeUndefined();
  expect(await inTurn(() => 1)).toBe(1);
});
