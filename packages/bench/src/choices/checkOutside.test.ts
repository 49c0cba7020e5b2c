import { resolve } from "node:path";
import { expect, it } from "vitest";
import { runSuite } from "../suites/runSuite";
import { checkOutside } from "./checkOutside";

it.each([
  ["flowers", "flowers"],
  ["flowers/out", "flowers"],
  ["cajal-transfer", "."],
  ["./flowers/a/../b/c", "flowers/"],
  [resolve("flowers/out"), "flowers"],
])("refuses %s for what is read of %s", (out, data) => {
  expect(() => checkOutside(out, data)).toThrow(/--out .* lies in --data/);
});

it.each([
  ["cajal-transfer", "flowers"],
  ["out", "out/flowers"],
  ["flowers-out", "flowers"],
  ["../out", "."],
  [resolve("/out"), "flowers"],
])("takes %s beside %s", (out, data) => {
  expect(() => checkOutside(out, data)).not.toThrow();
});

it("is asked by the suite that reads class folders, before it plans", async () => {
  const events = runSuite("transfer", { folder: "pictures/out", settings: { data: "pictures" } });
  const all = async () => {
    for await (const event of events) expect(event.type).toBe("stage");
  };
  await expect(all()).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining("--out pictures/out") as string }); // prettier-ignore
});
