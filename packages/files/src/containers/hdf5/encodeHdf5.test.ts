import { readFileSync } from "node:fs";
import { isCajalError, tensor, type DType, type Tensor } from "@cajal/core";
import { expect, it } from "vitest";
import { encodeHdf5, type Hdf5Attribute } from "./encodeHdf5";
import { objectHeader } from "./encodeMessages";
import { need, openHdf5 } from "./openHdf5";

const dtypes: DType[] = [
  "float16",
  "float32",
  "float64",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "bool",
];

it("writes every type of numbers, and reads them back bit for bit", async () => {
  const datasets = new Map(
    dtypes.map((dtype) => [`types/${dtype}`, tensor(dtype, [2, 2], [0, 1, 1, 0])]),
  );
  datasets.set("scalar", tensor("int64", [], [7]));
  datasets.set("none", tensor("float32", [0, 3]));
  const root = await openHdf5(encodeHdf5({ datasets }));
  for (const [path, value] of datasets) {
    const dataset = await need(root, path, "dataset");
    expect(await dataset.read(), path).toEqual(value);
  }
});

it("finds every one of thousands of members, in the order of their bytes", async () => {
  const names = Array.from({ length: 3000 }, (_, i) => `${i % 7 ? "layer" : "é"}_${i}`);
  const datasets = new Map(names.map((name, i) => [`many/${name}`, tensor("int32", [1], [i])]));
  const root = await openHdf5(encodeHdf5({ datasets }));
  const many = await need(root, "many", "group");
  expect((await many.keys()).toSorted()).toEqual(names.toSorted());
  for (const i of [0, 1, 7, 8, 255, 256, 1999, 2999])
    expect((await (await need(many, names[i]!, "dataset")).read()).data[0]).toBe(i);
});

it("writes attributes of groups and datasets: texts of any length, lists of texts, numbers", async () => {
  const long = "è".repeat(200_000);
  const attributes = new Map<string, Record<string, Hdf5Attribute>>([
    ["", { config: long, again: "short", empty: "" }],
    [
      "group/deep",
      { names: ["conv1", "é", ""], none: [], numbers: tensor("float64", [2], [1, 2]) },
    ],
    ["data", { unit: "m" }],
  ]);
  const datasets = new Map([["data", tensor("float32", [1], [3])]]);
  const root = await openHdf5(encodeHdf5({ attributes, datasets }));
  expect(await root.attribute("config")).toBe(long);
  expect(await root.attribute("again")).toBe("short");
  expect(await root.attribute("empty")).toBe("");
  const deep = await need(root, "group/deep", "group");
  expect(await deep.keys()).toEqual([]);
  expect(await deep.attribute("names")).toEqual(["conv1", "é", ""]);
  expect(await deep.attribute("none")).toEqual([]);
  expect(await deep.attribute("numbers")).toEqual(tensor("float64", [2], [1, 2]));
  expect(await (await need(root, "data", "dataset")).attribute("unit")).toBe("m");
});

it("writes the same bytes for the same contents, an empty file too", async () => {
  const datasets = new Map([["a", tensor("float32", [2], [1, 2])]]);
  expect(encodeHdf5({ datasets })).toEqual(encodeHdf5({ datasets }));
  expect(await (await openHdf5(encodeHdf5({}))).keys()).toEqual([]);
});

it.each([
  ["a dataset below a dataset", { datasets: { a: 1, "a/b": 1 } }],
  ["a group that is a dataset", { datasets: { "a/b": 1, a: 1 } }],
  ["an empty name", { datasets: { "a//b": 1 } }],
  ["no name", { datasets: { "": 1 } }],
])("refuses %s", (_, { datasets }) => {
  const named = new Map(Object.keys(datasets).map((path) => [path, tensor("float32", [1], [0])]));
  expect(() => encodeHdf5({ datasets: named })).toThrow(/HDF5: path/);
});

it("refuses an attribute that no header holds", () => {
  const names = Array.from({ length: 7000 }, () => "ten bytes.");
  try {
    encodeHdf5({ attributes: new Map([["", { names }]]) });
    expect.unreachable();
  } catch (error) {
    expect(isCajalError(error) && error.code).toBe("bad-argument");
  }
});

it("writes more texts than a collection of them numbers", async () => {
  const texts = (from: number, to: number) =>
    Object.fromEntries(Array.from({ length: to - from }, (_, i) => [from + i, `text ${from + i}`]));
  const attributes = new Map([["a", texts(0, 65_530)], ["b", texts(65_530, 65_540)]]); // prettier-ignore
  const b = await need(await openHdf5(encodeHdf5({ attributes })), "b", "group");
  for (const name of await b.attributes()) expect(await b.attribute(name)).toBe(`text ${name}`);
});

it("refuses more attributes than an object counts", () => {
  const message = { type: 12, body: new Uint8Array() };
  expect(() => objectHeader(Array.from({ length: 65_536 }, () => message))).toThrow(
    /65536 messages, .* at most 65,535 fit/,
  );
});

// Written by `encodeHdf5` and opened by h5py 3.14 (fixtures/check_written.py says how): kept so that a change
// of the bytes is noticed and asked of h5py again.
it("writes what h5py has opened", () => {
  const folder = new URL("../../../fixtures/hdf5/", import.meta.url);
  const bytes = encodeHdf5({
    datasets: new Map<string, Tensor>([
      ["group/x", tensor("float32", [2, 3], [1, 2, 3, 4, 5, 6])],
      ["group/yes", tensor("bool", [2], [0, 1])],
    ]),
    attributes: new Map([["group", { config: "{}", names: ["x", "yes"] }]]),
  });
  expect(bytes).toEqual(new Uint8Array(readFileSync(new URL("written.h5", folder))));
});
