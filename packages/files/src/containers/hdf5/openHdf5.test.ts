import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { isCajalError } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../../core/testing/shared";
import { blobSource } from "../../byteSource";
import { type Hdf5Dataset, type Hdf5Group, need, openHdf5 } from "./openHdf5";

const folder = new URL("../../../fixtures/hdf5/", import.meta.url);
const bytesOf = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8")) as Record<
  string,
  Record<string, [shape: number[], digest: string]>
>;
const digest = (data: ArrayBufferView) =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
const dataset = (group: Hdf5Group, path: string) => need(group, path, "dataset");
const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (isCajalError(error) ? `${error.code}: ${error.message}` : error),
  );

describe.each(Object.keys(expected))("%s, as h5py wrote it", (name) => {
  it.each(Object.entries(expected[name]!))("%s", async (path, [shape, sha256]) => {
    const root = await openHdf5(bytesOf(name));
    const { shape: got, data } = await (await dataset(root, path)).read();
    expect(got).toEqual(shape);
    expect(digest(data).slice(0, 16)).toBe(sha256);
  });

  it("has the attributes, texts and links", async () => {
    const root = await openHdf5(blobSource(new Blob([bytesOf(name)]), name));
    const attributes = await need(root, "attributes", "group");
    expect((await attributes.attributes()).toSorted()).toContain("a9");
    expect(await attributes.attribute("a3")).toMatchObject({ dtype: "int64", shape: [3] });
    expect(await attributes.attribute("text")).toBe("déjà vu");
    expect(await attributes.attribute("fixed")).toBe("padded");
    expect(await attributes.attribute("list")).toEqual(["conv1", "conv2_block"]);
    expect(await attributes.attribute("none")).toBeUndefined();
    expect(await (await dataset(root, "texts")).readTexts()).toEqual(["a", "bé", ""]);
    expect((await (await dataset(root, "type_bool")).read()).dtype).toBe("bool");
    expect([...(await (await dataset(root, "soft")).read()).data]).toEqual([0n, 1n, 2n]);
    expect(await root.get("many/back/many/group_01")).toBe(await root.get("many/group_01"));
    expect(await root.get("many/nothing")).toBeUndefined();
  });

  it("reads a dataset as often as it is asked for, by any of its names", async () => {
    const root = await openHdf5(bytesOf(name));
    for (const path of Object.keys(expected[name]!)) {
      const { read } = await dataset(root, path);
      const first = await read();
      expect(await Promise.all([read(), read()])).toEqual([first, first]);
    }
    const texts = await dataset(root, "texts");
    expect(await texts.readTexts()).toEqual(await texts.readTexts());
  });

  it("refuses what it must", async () => {
    const root = await openHdf5(bytesOf(name));
    expect(await failure(root.get("outside"))).toMatch(/unsupported.*external link.*other\.h5/);
    expect(await failure(root.get("circle"))).toMatch(/bad-file.*leads to itself/);
    const { read } = await dataset(root, "contiguous");
    expect(await failure(read([7, 5, 4]))).toMatch(/bad-shape.*\[7,5,3\], expected \[7,5,4\]/);
    expect(await failure((await dataset(root, "texts")).read())).toMatch(/is text/);
  });
});

it("reads attributes of more than 64 kB", async () => {
  const root = await openHdf5(bytesOf("huge_attribute.h5"));
  expect(await root.attribute("zeros")).toMatchObject({ dtype: "float64", shape: [9000] });
  expect(await root.attribute("config")).toBe("x".repeat(70_000));
});

it("names a byte that was changed under a checksum", async () => {
  const bytes = bytesOf("new.h5");
  const at = 512 + 48;
  const text = async (changed: Uint8Array) => failure(openHdf5(changed));
  expect(await text(bytes.with(at - 4, bytes[at - 4]! ^ 1))).toMatch(/bad-file/);
});

const everything = async (group: Hdf5Group) => {
  const visited = new Set<Hdf5Group | Hdf5Dataset>();
  const waiting: (Hdf5Group | Hdf5Dataset)[] = [group];
  for (let object = waiting.pop(); object; object = waiting.pop()) {
    if (visited.has(object)) continue;
    visited.add(object);
    for (const name of await object.attributes()) await object.attribute(name).catch(caj);
    if (object.kind === "dataset") await object.read().catch(caj);
    else
      for (const name of await object.keys()) {
        const child = await object.get(name).catch(caj);
        if (child) waiting.push(child);
      }
  }
  return visited.size;
};
const caj = (error: unknown): undefined => {
  if (!isCajalError(error)) throw error;
};

describeWithShared("files in other containers", "reference/files/h5", (path) => {
  interface Case {
    file: string;
    expect: string;
  }
  const manifest = JSON.parse(readFileSync(`${path}/expected.json`, "utf8")) as {
    weights: [string, number[], string, string][];
    cases: Case[];
  };
  const same = manifest.cases.filter((one) => one.expect.startsWith("loads, same weights"));
  it.each(same.map(({ file }) => file))("%s holds the same weights", async (file) => {
    const root = await openHdf5(new Uint8Array(readFileSync(`${path}/${file.replace("h5/", "")}`)));
    for (const [name, shape, , sha256] of manifest.weights) {
      // "conv1: seq_cnn/conv1/kernel": the layer's group, and the path in it
      const { read } = await dataset(root, `model_weights/${name.replace(": ", "/")}`);
      const values = await read(shape);
      expect(digest(Float32Array.from(values.data as Float32Array)), name).toBe(sha256);
    }
  });
});

describeWithShared("broken files", "reference/files/broken/h5", (path) => {
  it.each(readdirSync(path))("%s ends in a CajalError, or is read", async (file) => {
    const root = await openHdf5(new Uint8Array(readFileSync(`${path}/${file}`))).catch(caj);
    if (root) expect(await everything(root)).toBeGreaterThan(0);
  });
});
