import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { lenet5 } from "../networks/lenet";
import { modelFacts, models } from "../networks";
import { modelTable } from "./modelTable";

const firstTen = models.slice(0, 10);

describe("modelTable", () => {
  // The table of Keras' documentation of early 2018, typed off: size in MB, top-1, top-5, parameters, depth.
  // prettier-ignore
  const documentedRows = [
    ["Xception",           88, 0.790, 0.945,  22_910_480, 126],
    ["VGG16",             528, 0.715, 0.901, 138_357_544,  23],
    ["VGG19",             549, 0.727, 0.910, 143_667_240,  26],
    ["ResNet50",           99, 0.759, 0.929,  25_636_712, 168],
    ["InceptionV3",        92, 0.788, 0.944,  23_851_784, 159],
    ["InceptionResNetV2", 215, 0.804, 0.953,  55_873_736, 572],
    ["MobileNet",          17, 0.665, 0.871,   4_253_864,  88],
    ["DenseNet121",        33, 0.745, 0.918,   8_062_504, 121],
    ["DenseNet169",        57, 0.759, 0.928,  14_307_880, 169],
    ["DenseNet201",        80, 0.770, 0.933,  20_242_984, 201],
  ];

  it("counts what the documentation of Keras says", () => {
    const rows = modelTable(firstTen);
    expect(
      rows.map(({ name, size, top1, top5, params, depth }) => [
        name, size.computed, top1, top5, params, depth.computed,
      ]), // prettier-ignore
    ).toEqual(documentedRows);
    for (const { size, depth } of rows) {
      expect(size.published).toBe(size.computed);
      expect(depth.published).toBe(depth.computed);
    }
  });

  it("says where today's structure is deeper, and why", () => {
    const rows = modelTable(firstTen).filter(({ depth }) => depth.today !== depth.published);
    expect(rows.map(({ name, depth }) => [name, depth.today])).toEqual([
      ["ResNet50", 169], // conv1_pad and pool1_pad came, Flatten went
      ["MobileNet", 91], // four paddings came, reshape_1 went
      ["DenseNet121", 429],
      ["DenseNet169", 597],
      ["DenseNet201", 709],
    ]);
    for (const { depth } of rows) expect(depth.note).toBeTruthy();
  });

  it("has rows for models of one's own, with nothing published", () => {
    const ownModel = lenet5({ classes: 26 });
    const [row, secondRow] = modelTable([ownModel, JSON.stringify(ownModel)]);
    expect(row).toEqual({ ...secondRow });
    expect(row).toMatchObject({
      name: "lenet5",
      params: 61706 + 16 * 85, // 16 more classes of 84 weights and a bias
      depth: { computed: 9, today: 9 },
      input: [28, 28, 1],
    });
    expect(row!.top1).toBeUndefined();
  });

  it("takes under a second for the ten", () => {
    modelTable(firstTen);
    // Of the processor, not of the clock: other tests run at the same time.
    const start = process.cpuUsage();
    expect(modelTable(firstTen)).toHaveLength(10);
    const { user, system } = process.cpuUsage(start);
    expect((user + system) / 1e6).toBeLessThan(1);
  });

  it("keeps the record beside the row", () => {
    expect(modelTable([modelFacts("VGG16")])[0]!.facts!.paper!.year).toBe(2014);
  });
});

describeWithShared("modelTable and Keras", "reference/keras/architectures.json", (path) => {
  const { models: reference }: { models: Record<string, unknown>[] } = JSON.parse(
    readFileSync(path, "utf8"),
  );
  it.each(modelTable(firstTen))("$name", (row) => {
    const expected = reference.find(({ model }) => model === row.name);
    expect(expected).toMatchObject({
      params: { total: row.params, trainable: row.trainable, non_trainable: row.nonTrainable },
      macs: row.macs,
      input: row.input,
      preprocessing: row.facts!.preprocessing,
      documented_params: row.params,
      documented_depth: row.depth.published,
      documented_mb: row.size.published,
      fitted_mb: row.size.computed,
      depth: { longest_path_with_input: row.depth.today },
    });
  });
});
