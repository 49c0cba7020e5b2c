import { tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { dataset } from "../dataset";
import { rescale } from "./rescale";

const bytes = dataset({ x: tensor("uint8", [3, 1], [0, 51, 255]), y: tensor("int32", [3]) });

it("gives 0 … 1, and −1 … 1", async () => {
  const unit = await bytes.map(rescale(1 / 255)).all();
  expect(unit.x).toEqual(tensor("float32", [3, 1], [0, 0.2, 1]));
  const signed = await bytes.map(rescale(1 / 127.5, -1)).all();
  expect(signed.x).toEqual(tensor("float32", [3, 1], [-1, -0.6, 1]));
});

it("says how a dataset is rescaled", () =>
  expect(() => rescale(bytes as never)).toThrow(
    /^rescale: got an object with size.* as scale and 0 as offset, .*: data\.map\(rescale\(1 \/ 255\)\)\.$/,
  ));

it("refuses what is not finite", () =>
  expect(() => rescale(1 / 0)).toThrow(expect.objectContaining({ code: "bad-argument" })));
