import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isCajalError, tensor } from "@cajal/core";
import { describeWithShared } from "../../../core/testing/shared";
import { decodePredictions } from "./decodePredictions";
import { imagenetClasses } from "./imagenetClasses";

describe("imagenetClasses", () => {
  it("has 1000 classes in the order of their ids", () => {
    const ids = imagenetClasses().map(({ wnid }) => wnid);
    expect(new Set(ids).size).toBe(1000);
    expect(ids).toEqual(ids.toSorted());
    for (const id of ids) expect(id).toMatch(/^n\d{8}$/);
  });

  it("has the classes that Keras' documentation shows", () => {
    // keras.io/api/applications: "('n02504013', 'Indian_elephant', 0.826), ('n01871265', 'tusker', 0.112),
    // ('n02504458', 'African_elephant', 0.061)"; their indices: imagenet_class_index.json.
    expect(imagenetClasses()[385]).toEqual({ wnid: "n02504013", label: "Indian_elephant" });
    expect(imagenetClasses()[101]).toEqual({ wnid: "n01871265", label: "tusker" });
    expect(imagenetClasses()[386]).toEqual({ wnid: "n02504458", label: "African_elephant" });
  });
});

describe("decodePredictions", () => {
  const x = tensor("float32", [2, 1000]);
  x.data.set([0.125, 0.5, 0.25]);
  x.data[1000 + 999] = 1;

  it("gives the highest of each example", () => {
    const [first, second] = decodePredictions(x, { top: 3 });
    expect(first).toEqual([
      { index: 1, wnid: "n01443537", label: "goldfish", score: 0.5 },
      { index: 2, wnid: "n01484850", label: "great_white_shark", score: 0.25 },
      { index: 0, wnid: "n01440764", label: "tench", score: 0.125 },
    ]);
    expect(second![0]).toEqual({ index: 999, wnid: "n15075141", label: "toilet_tissue", score: 1 });
  });

  it("gives five by default", () => {
    expect(decodePredictions(x).map((predictions) => predictions.length)).toEqual([5, 5]);
  });

  it.each([
    ["bad-shape", () => decodePredictions(tensor("float32", [1, 10]))],
    ["bad-shape", () => decodePredictions(tensor("float32", [1000]))],
    ["bad-argument", () => decodePredictions(x, { top: 0 })],
  ] as const)("refuses with %s", (code, refused) => {
    try {
      refused();
      expect.unreachable();
    } catch (error) {
      expect(isCajalError(error, code)).toBe(true);
    }
  });
});

describeWithShared("imagenetClasses and the samples' labels", "data/imagenet-samples", (folder) => {
  it("agree on all classes that have a sample", () => {
    const rows = readFileSync(`${folder}/labels.csv`, "utf8").trim().split("\n").slice(1);
    expect(rows.length).toBe(500);
    for (const row of rows) {
      const [, wnid, index, label] = row.split(",");
      expect(imagenetClasses()[Number(index)]).toEqual({ wnid, label });
    }
  });
});
