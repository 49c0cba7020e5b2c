import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { joinRows, rowsOf } from "./rows";

it("joins batches of any dtype, and takes rows of them", async () => {
  const a = { x: tensor("int64", [1, 2], BigInt64Array.of(1n, 2n)), y: tensor("uint8", [1], [7]) };
  const b = { x: tensor("int64", [2, 2], BigInt64Array.of(3n, 4n, 5n, 6n)), y: tensor("uint8", [2], [8, 9]) }; // prettier-ignore
  const both = await joinRows([a, b]);
  expect(both.x).toEqual(tensor("int64", [3, 2], BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n)));
  expect(both.y).toEqual(tensor("uint8", [3], [7, 8, 9]));
  expect(rowsOf(both, 1, 2)).toEqual(b);
  await expect(joinRows([a, { ...b, x: a.y }])).rejects.toMatchObject({ code: "bad-shape" });
});

it("copies large batches in steps, between which the event loop goes on", async () => {
  const megabytes = (n: number) => ({ x: tensor("uint8", [n, 2 ** 20]) });
  const joining = joinRows(Array.from({ length: 32 }, () => megabytes(1)));
  const joined = new AbortController();
  void joining.then(() => joined.abort());
  let tasks = 0;
  for (; !joined.signal.aborted && tasks < 1000; tasks++)
    await new Promise((resolve) => setImmediate(resolve));
  expect((await joining).x!.shape).toEqual([32, 2 ** 20]);
  expect(tasks).toBeGreaterThanOrEqual(8); // 32 MiB, 4 at a time
});
