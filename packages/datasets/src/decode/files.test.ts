// Parquet, WebDataset and tables: what pyarrow, Hugging Face's `datasets` and Python's tarfile put in the
// reference's files; and in every clone tables written here.
import { createReadStream, readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { bytesSource } from "@cajal/files";
import { describe, expect, it } from "vitest";
import { describeWithShared } from "../../../core/testing/shared";
import { csvTable } from "../folders/csvTable";
import { parquetImages } from "../folders/parquetImages";
import { seasonalSeries } from "../generated/seasonalSeries";
import { windows } from "../transforms/windows";
import { tensor } from "@cajal/core";
import { webDataset } from "../folders/webDataset";
import type { Image } from "../images/image";
import { decodeImage, toGrey } from "./decodeImage";
import { parseCsv } from "./parseCsv";
import { readParquet } from "./readParquet";
import { readWebDataset } from "./readWebDataset";

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe("parseCsv", () => {
  it.each([
    ["\n", "\r\n"],
    ["\r\n", "\n"],
    ["\r", "\r"],
  ])("takes lines that end by %j after a first one that ends by %j", async (first, other) => {
    const text = `file,label${first}1.jpg,cat${other}"2\r\n.jpg",dog${other}`;
    expect(await parseCsv(text)).toEqual([
      { file: "1.jpg", label: "cat" },
      { file: "2\r\n.jpg", label: "dog" },
    ]);
  });
});

describe("csvTable", () => {
  it("refuses columns of names that would fill the memory, and takes as many classes", async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `n${i},${i % 7}`);
    const text = `name,kind\n${rows.join("\n")}\n`;
    await expect(csvTable(text, { label: "kind" })).rejects.toMatchObject({
      code: "bad-argument",
      message: expect.stringContaining("20000 of them are the names in column name"),
    });
    const { data } = await csvTable(text, { label: "name" });
    expect(data.classes?.length).toBe(20_000);
    expect(Array.from((await data.take(3).all()).y.data, (label) => data.classes![Number(label)])).toEqual(["n0", "n1", "n2"]); // prettier-ignore
  });

  it("keeps the order of columns that are called by numbers", async () => {
    const { data, features } = await csvTable("b,2021,2020,y\n1,2,3,0\n4,5,6,1\n", { label: "y" });
    expect(features).toEqual(["b", "2021", "2020"]);
    expect([...(await data.all()).x.data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  const text = "size,colour,kind\n1.5,red,a\n2,blue,b\n3,red,a\n";

  it("makes numbers features, and each name one", async () => {
    const { data, features } = await csvTable(text, { label: "kind" });
    const { x, y } = await data.all();
    expect(features).toEqual(["size", "colour=blue", "colour=red"]);
    expect([...x.data]).toEqual([1.5, 0, 1, 2, 1, 0, 3, 0, 1]);
    expect([y.dtype, [...y.data], data.classes]).toEqual(["int32", [0, 1, 0], ["a", "b"]]);
  });

  it("takes numbers to predict as they are, and numbers of classes as classes", async () => {
    const { data } = await csvTable(text, { label: "size", features: ["colour"] });
    const { y } = await data.all();
    expect([y.dtype, y.shape, [...y.data]]).toEqual(["float32", [3, 1], [1.5, 2, 3]]);
    // What pandas takes for numbers.
    const written = await csvTable("a,b,c,y\n0x10,+1.5,1e3,p\n0x11,-2,.5,q\n", { label: "y" });
    expect(written.features).toEqual(["a=0x10", "a=0x11", "b", "c"]);
    expect([...(await written.data.all()).x.data]).toEqual([1, 0, 1.5, 1000, 0, 1, -2, 0.5]);
    const classes = await csvTable("x,y\n1,0\n2,1\n", { label: "y", categorical: ["x"] });
    expect(classes.features).toEqual(["x=1", "x=2"]);
    expect((await classes.data.all()).y.dtype).toBe("int32");
  });

  it.each([
    ["a,b\nx,1\ny,4o\nz,3\n", {}, 'CSV: column b, row 2: "4o" is no number, and most of the column are. Correct it, or name it in missingValues; where the column is of names, list it in categorical.'], // prettier-ignore
    ["a;b\nx;1,5\ny;2,5\n", { delimiter: ";" }, 'column b, row 1: "1,5" is no number, and most of the column are. Write decimal points'], // prettier-ignore
    // Rows that are left out count.
    ["a,b\nx,\ny,1\nz,2\nz,-\n", { missing: "drop" }, 'column b, row 4: "-"'],
  ] as const)("refuses numbers that were mistyped: %j", async (table, options, message) => {
    for (const label of ["a", "b"])
      await expect(csvTable(table, { label, ...options })).rejects.toThrow(
        expect.objectContaining({ code: "bad-file", message: expect.stringContaining(message) as string }), // prettier-ignore
      );
  });

  // As spreadsheets write it that have a column too many.
  it("says that a column has no name where its fields are missing", async () => {
    await expect(csvTable("a,b,\n1,2,\n", { label: "b" })).rejects.toThrow("CSV: row 1 has no value in the column without a name."); // prettier-ignore
  });

  it("takes them for names where it is told so", async () => {
    const table = "a,b\nx,1\ny,4o\nz,3\n";
    const { features } = await csvTable(table, { label: "a", categorical: ["b"] });
    expect(features).toEqual(["b=1", "b=3", "b=4o"]);
    const numbers = await csvTable("a,b\nx,3\ny,7\n", { label: "b", categorical: ["b"] });
    expect(numbers.data.classes).toEqual(["3", "7"]);
    const { data } = await csvTable(table, { label: "b", categorical: ["b"] });
    expect([data.classes, [...(await data.all()).y.data]]).toEqual([["1", "3", "4o"], [0, 2, 1]]); // prettier-ignore
  });

  it("counts what is missing of columns of any name", async () => {
    const { missing } = await csvTable("constructor,y\n,0\n1,1\n", { label: "y", missing: "nan" });
    expect(missing).toEqual({ constructor: 1 });
  });

  it("tells what is missing", async () => {
    const gaps = "a,b,y\n1,,0\nNA,2,1\n3,4,1\n";
    await expect(csvTable(gaps, { label: "y" })).rejects.toThrow(/row 1 has no b.*"drop"/);
    const dropped = await csvTable(gaps, { label: "y", missing: "drop" });
    expect([dropped.dropped, dropped.missing, dropped.data.size]).toEqual([2, { b: 1, a: 1 }, 1]);
    const kept = await csvTable(gaps, { label: "y", missing: "nan" });
    expect([...(await kept.data.all()).x.data]).toEqual([1, NaN, NaN, 2, 3, 4]);
  });

  it.each([
    ["unknown-name", text, { label: "sort" }],
    ["unknown-name", text, { label: "kind", features: ["weight"] }],
    ["bad-file", "a,b\n1\n", { label: "b" }],
    ["bad-file", "a,b\n1e39,1\n", { label: "b" }],
    ["bad-file", "a,b\n1,1e39\n", { label: "b" }],
    ["bad-argument", "/home/me/iris.csv", { label: "b" }],
    ["bad-argument", text, { label: "kind", features: ["size", "colour", "size"] }],
    ["bad-argument", text, { label: "kind", features: ["size", "kind"] }],
    ["bad-file", "a,b\n", { label: "b" }],
    ["bad-argument", text, { label: "kind", missing: "skip" }],
    ["unknown-option", text, { label: "kind", header: true }],
  ])("refuses with %s", async (code, table, options) => {
    await expect(csvTable(table, options as never)).rejects.toThrow(expect.objectContaining({ code })); // prettier-ignore
  });
});

describe("readParquet and readWebDataset refuse", () => {
  it.each([
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("PAR1 no parquet PAR1")],
  ])("%s", async (_, bytes) => {
    const refused = readParquet(bytesSource(bytes, "x.parquet"));
    await expect(refused).rejects.toThrow(/^x\.parquet: /);
    const samples = readWebDataset([bytes], { name: "x.tar" });
    await expect(samples.next()).rejects.toThrow(/^x\.tar: /);
  });
});

// What says how many numbers there are, or how long a run of them is, says four billion: unchecked, that is decoded.
it("refuses Parquet pages that tell of more than there is, at once", async () => {
  const bytes = readFileSync(new URL("../../fixtures/parquet/kinds.parquet", import.meta.url));
  let refused = 0;
  for (let at = 4; at < 2000; at += 29) {
    const damaged = Uint8Array.from(bytes);
    damaged.set([0xfe, 0xff, 0xff, 0xff, 0x0f], at);
    const read = readParquet(bytesSource(damaged, "x.parquet")).then((table) => table.rows());
    await read.catch((error: unknown) => {
      expect(error).toMatchObject({ code: "bad-file" });
      refused++;
    });
  }
  expect(refused).toBeGreaterThan(30);
});

// −2³¹ + 1 to hyparquet, which would take two billion steps to come back.
it("refuses a packed Parquet page with a literal of 2³¹ + 1 bytes", async () => {
  const bytes = readFileSync(
    new URL("../../fixtures/parquet/plain-snappy.parquet", import.meta.url),
  );
  bytes.set([0xfc, 0, 0, 0, 0x80], 20); // the first page begins at 19, with its size
  const table = await readParquet(bytesSource(bytes, "x.parquet"));
  await expect(table.rows()).rejects.toThrow(/^x\.parquet: .*ends amid a value/);
});

describe("parquetImages", () => {
  const bytesOf = (name: string) => readFileSync(new URL(`../../fixtures/parquet/${name}.parquet`, import.meta.url)); // prettier-ignore

  it.each([
    ["float16", "row 0: got the label 0.5, expected a whole number, 0 … 2147483647."],
    ["decimal", "row 0: got the label 12.34"],
    ["uint32", "row 1: got the label 4294967295"],
    ["uint64", "row 1: got the label 18446744073709551615"],
    ["int8", "row 0: got the label -128"],
    ["date", "row 0: got a date as label, expected text or a number."],
    ["struct", "row 0: got an object with a, b as label"],
    ["lists", "row 0: got an array of 2 as label"],
    ["binary", "row 0: its label is bytes that are no text in UTF-8."],
  ])("refuses labels of a column %s that are none", async (label, message) => {
    const images = parquetImages([bytesSource(bytesOf("kinds"), "kinds")], { image: "binary", label, missing: "skip" }); // prettier-ignore
    await expect(images).rejects.toThrow(
      expect.objectContaining({ code: "bad-file", message: expect.stringContaining(`kinds ${message}`) as string }), // prettier-ignore
    );
  });

  // The schema of plain-none has the classes c0 … c9; bytes are changed for others, as many.
  const changed = (what: RegExp, to: string, name: string) => {
    const text = bytesOf("plain-none").toString("latin1");
    expect(text).toMatch(what);
    const other = text.replace(what, (match) => to.padEnd(match.length));
    return bytesSource(new Uint8Array(Buffer.from(other, "latin1")), name);
  };
  const skip = { missing: "skip" } as const;

  it("refuses files whose classes are others", async () => {
    const [a, b] = [changed(/"c0"/, '"c0"', "a"), changed(/"c0", "c1"/, '"c1", "c0"', "b")];
    expect((await parquetImages([a, a], skip)).classes).toHaveLength(10);
    await expect(parquetImages([a, b], skip)).rejects.toThrow(/^b: its classes are c1, c0, .*, and those of a c0, c1, /); // prettier-ignore
  });

  it("refuses labels that are none of the schema's classes", async () => {
    const one = changed(/, "c1", .* "c9"\]/, "]", "one");
    await expect(parquetImages([one], skip)).rejects.toThrow("one row 1: got the label 7, expected a whole number, 0 … 0"); // prettier-ignore
    // The labels of another column, of text.
    const text = changed(/"label":/, '"name" :', "text");
    await expect(parquetImages([text], { ...skip, label: "name" })).rejects.toThrow('unknown class of text row 1 "n1".'); // prettier-ignore
  });
});

describe("readParquet", () => {
  const open = (name: string) =>
    readParquet(bytesSource(readFileSync(new URL(`../../fixtures/parquet/${name}.parquet`, import.meta.url)), name)); // prettier-ignore

  it("knows every kind of column", async () => {
    const [first, second, third] = await (await open("kinds")).rows();
    // As fixtures/make_parquet.py has it; dates are in UTC.
    expect(first).toMatchObject({
      int8: -128, uint8: 0, int16: -32768, uint16: 0, uint32: 0, int64: -(2n ** 63n), uint64: 0, float16: 0.5, bool: true,
      date: new Date("2020-02-28"), milliseconds: new Date("2020-02-28T01:02:03.004Z"), microseconds: new Date("2020-02-28T01:02:03.004Z"),
      decimal: 12.34, large_string: "ä", binary: new Uint8Array([0, 255]), fixed: new Uint8Array([97, 98, 99]), category: "a",
      lists: [[1], [2, 3]], struct: { a: 1, b: { c: "x" } }, structs: [{ a: 1 }, { a: null }], map: { k: 1 },
    }); // prettier-ignore
    expect(second).toMatchObject({ uint8: 255, uint32: 4294967295, uint64: 2n ** 64n - 1n, int64: 2n ** 63n - 1n, lists: [], map: {} }); // prettier-ignore
    expect(Object.values(third!).every((value) => value === null)).toBe(true);
  });

  it.each([
    [
      { from: 2, to: 1 },
      "rows: got from 2 and to 1, expected from to be at most to, before which rows end.",
    ],
    [
      { from: 9, to: 5 },
      "rows: got from 9 and to 5, expected from to be at most to, before which rows end.",
    ],
  ])("refuses rows %o", async (options, message) => {
    const table = await open("kinds");
    await expect(table.rows(options)).rejects.toThrow(
      expect.objectContaining({ code: "bad-argument", message }),
    );
  });

  it.each([{ from: 1, to: 1 }, { from: 3 }, { from: 9 }, { from: 9, to: 12 }])(
    "has no rows %o of 3",
    async (options) => expect(await (await open("kinds")).rows(options)).toEqual([]),
  );

  it("knows lists in lists and structs, and says which column of version 2 hyparquet cannot read", async () => {
    const rows = await (await open("nested-v1")).rows();
    rows.forEach((row, k) => {
      const lists = Array.from({ length: k % 4 }, () => Array.from({ length: k % 3 }, () => k));
      expect(row).toEqual({ lists, structs: Array.from({ length: k % 3 }, (_, a) => ({ a })) });
    });
    const version2 = await open("nested-v2");
    const lists = rows.map(({ lists }) => ({ lists }));
    expect(await version2.rows({ columns: ["lists"] })).toEqual(lists);
    await expect(version2.rows()).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringMatching(/^nested-v2: column structs\..*data_page_version="1\.0"/),
    });
  });

  it.each(["none", "snappy", "gzip", "zstd", "lz4", "brotli", "v2"])("%s", async (packing) => {
    const table = await open(`plain-${packing}`);
    expect(table.classes["label"]).toHaveLength(10);
    const rows = await table.rows();
    expect(rows).toHaveLength(40);
    rows.forEach((row, i) =>
      expect(row).toEqual({
        label: (i * 7) % 10,
        name: i % 11 === 0 ? null : `n${i % 5}`,
        x: i % 7 === 0 ? null : i / 8,
        image: { bytes: Uint8Array.from({ length: i % 9 }, (_, k) => k), path: `${i}.png` },
        box: i % 13 === 0 ? null : Array.from({ length: i % 4 }, (_, k) => k),
      }),
    );
    // Across the border of a row group.
    expect(await table.rows({ from: 14, to: 18 })).toEqual(rows.slice(14, 18));
  });

  it("reads a table without rows, and names of any kind", async () => {
    expect(await (await open("empty")).rows()).toEqual([]);
    expect(await (await open("names")).rows()).toEqual([{ image: new Uint8Array([120]), "é.b": 1 }]); // prettier-ignore
    const table = await open("empty");
    await expect(table.rows({ from: -1 })).rejects.toThrow(expect.objectContaining({ code: "bad-argument" })); // prettier-ignore
  });
});

describeWithShared("reference files", "reference/datasets/files.json", (path) => {
  const folder = join(path, "..");
  const { parquet, webdataset } = JSON.parse(readFileSync(path, "utf8"));
  const source = (file: string) => bytesSource(readFileSync(join(folder, file)), file);
  interface Set {
    files: { file: string; rows: number; huggingface?: { info: { features: Record<string, { names?: string[] }> } } }[]; // prettier-ignore
    rows?: Record<string, unknown>[];
  }

  const plain = (value: unknown): unknown => {
    if (value instanceof Uint8Array) return { bytes_sha256: sha(value) };
    if (
      typeof value === "object" &&
      value !== null &&
      "bytes" in value &&
      value.bytes instanceof Uint8Array
    )
      // prettier-ignore
      return { bytes_sha256: sha(value.bytes), ...("path" in value && { path: value.path }) };
    return value;
  };

  it.each(Object.entries<Set>(parquet))("%s", async (_, { files, rows }) => {
    let at = 0;
    for (const { file, rows: count, huggingface } of files) {
      const table = await readParquet(source(file));
      expect(table.size).toBe(count);
      for (const [column, { names }] of Object.entries(huggingface?.info.features ?? {}))
        if (names) expect(table.classes[column]).toEqual(names);
      const all = await table.rows();
      expect(all.length).toBe(count);
      for (const row of all) {
        const i = at++;
        if (!rows) {
          // The formula in the reference's note.
          expect(row).toMatchObject({ index: i, label: (i * 7) % 10, x: ((i * 37) % 101) / 8, y: i % 97 === 0 ? null : ((i * 53) % 211) / 16, flag: i % 3 === 0 }); // prettier-ignore
          continue;
        }
        for (const [column, wanted] of Object.entries(rows[i]!)) {
          const got = plain(row[column]);
          if (typeof wanted === "object" && wanted !== null && "bytes_sha256" in wanted)
            expect(got).toMatchObject({ bytes_sha256: wanted.bytes_sha256 });
          else expect(got).toEqual(wanted);
        }
      }
    }
  });

  it("some rows and columns alone", async () => {
    const table = await readParquet(source("parquet/mnist-groups-zstd.parquet"));
    const all = await table.rows({ columns: ["label"] });
    expect(await table.rows({ columns: ["label"], from: 8, to: 12 })).toEqual(all.slice(8, 12));
    await expect(table.rows({ columns: ["labels"] })).rejects.toThrow(
      /expected one of image, label/,
    );
  });

  it("pictures: pixels, labels, class names", async () => {
    const { files, rows } = parquet.cifar10_jpeg_sharded as Set;
    const data = await parquetImages(files.map(({ file }) => source(file)));
    expect(data.classes).toEqual(files[0]!.huggingface!.info.features["label"]!.names);
    let i = 0;
    for await (const { x, y } of data.batch(1)) {
      const { img, label } = rows![i++] as { img: { pixels_sha256: string }; label: number };
      expect([sha(x.data), y.data[0]]).toEqual([img.pixels_sha256, label]);
    }
    expect(i).toBe(16);
    const grey = await parquetImages([source("parquet/mnist-hf-test-00000-of-00001.parquet")], { channels: 1 }); // prettier-ignore
    const { x } = await grey.all();
    expect(x.shape).toEqual([30, 28, 28, 1]);
    expect(sha(x.data.slice(0, 784))).toBe(parquet.mnist_hf.rows[0].image.pixels_sha256);
  });

  it("pictures with gaps", async () => {
    const two = () => source("parquet/two-labels-nulls.parquet");
    const options = { image: "img", label: "fine_label" };
    await expect(parquetImages([two()], options)).rejects.toThrow(/row \d+ has no .*skip/);
    const data = await parquetImages([two()], { ...options, missing: "skip" });
    const whole = parquet.two_labels_nulls.rows.filter((row: Record<string, unknown>) => row["img"] !== null && row["fine_label"] !== null); // prettier-ignore
    expect(data.size).toBe(whole.length);
    const text = await parquetImages([source("parquet/plain-binary.parquet")], { image: (await readParquet(source("parquet/plain-binary.parquet"))).columns[0]! }); // prettier-ignore
    expect(text.classes!.length).toBeGreaterThan(1);
  });

  it("webdataset", async () => {
    const frames = [];
    const chunks = createReadStream(join(folder, webdataset.file), { highWaterMark: 777 });
    for await (const sample of readWebDataset(chunks, { name: "mixed" })) frames.push(sample);
    expect(frames.map(({ key }) => key)).toEqual(webdataset.samples.map(({ key }: { key: string }) => key)); // prettier-ignore
    for (const [i, { fields }] of frames.entries()) {
      const { key: _, ...sample } = webdataset.samples[i];
      const { fields: pictures = {}, ...texts } = sample;
      expect([...fields.keys()].toSorted()).toEqual([...Object.keys(pictures), ...Object.keys(texts)].toSorted()); // prettier-ignore
      for (const [extension, wanted] of Object.entries<Record<string, string>>(pictures)) {
        const bytes = fields.get(extension)!;
        if (wanted["bytes_sha256"]) expect(sha(bytes)).toBe(wanted["bytes_sha256"]);
        if (wanted["pixels_sha256"]) {
          const image = await decodeImage(bytes);
          const grey = await decodeImage(bytes, { channels: 1 });
          expect([sha(image.data), sha(grey.data)]).toContain(wanted["pixels_sha256"]);
        }
      }
      for (const [extension, wanted] of Object.entries(texts)) {
        const text = new TextDecoder().decode(fields.get(extension));
        expect(typeof wanted === "object" ? JSON.parse(text) : text.trim()).toEqual(typeof wanted === "object" ? wanted : String(wanted)); // prettier-ignore
      }
    }
  });

  it("webdataset as a dataset", async () => {
    const bytes = readFileSync(join(folder, webdataset.file));
    const pictures: { key: string; fields: Record<string, { pixels_sha256?: string } & string> }[] = webdataset.samples; // prettier-ignore
    const picture = Object.keys(pictures[0]!.fields).find((name) => /png|jpg/.test(name))!;
    const withPicture = pictures.filter(({ fields }) => fields?.[picture]);
    const data = await webDataset([bytesSource(bytes, "mixed.tar")], { image: picture, label: "cls", missing: "skip" }); // prettier-ignore
    expect(data.size).toBe(withPicture.length);
    let i = 0;
    for await (const { x, y } of data.batch(1)) {
      const sample = withPicture[i++]!;
      expect(y.data[0]).toBe(Number(sample.fields["cls"]));
      const grey = toGrey({ ...x, shape: x.shape.slice(1) } as Image<"uint8">).data;
      expect([sha(x.data), sha(grey)]).toContain(sample.fields[picture]!.pixels_sha256);
    }
    await expect(webDataset([bytesSource(bytes)], { image: "tiff" })).rejects.toThrow(expect.objectContaining({ code: "unknown-name" })); // prettier-ignore
  });

  describeWithShared("time series", "reference/datasets/timeseries.json", (file) => {
    const reference = JSON.parse(readFileSync(file, "utf8"));
    it("hourly.csv", async () => {
      const rows = await parseCsv(readFileSync(join(folder, reference.file), "utf8"));
      expect(rows.length).toBe(reference.rows);
      const missing = rows.flatMap(({ value }, i) => (value === "" ? [i] : []));
      expect(missing).toEqual(reference.missing_rows);
      const present = rows.filter(({ value }) => value !== "").map(({ value }) => Number(value));
      const mean = present.reduce((a, b) => a + b, 0) / present.length;
      expect(mean).toBeCloseTo(reference.mean_of_present, 10);
      expect(rows.filter(({ anomaly }) => anomaly === "1").length).toBe(reference.anomalous_rows);
      const { data } = await csvTable(readFileSync(join(folder, reference.file), "utf8"), { label: "anomaly", features: ["value"], missing: "drop" }); // prettier-ignore
      expect(data.size).toBe(reference.rows - missing.length);
    });

    it("windows", async () => {
      // What the file has no value for is of no matter to the number of windows.
      const rows = await parseCsv(readFileSync(join(folder, reference.file), "utf8"));
      const values = Float64Array.from(rows, ({ value }) => Number(value));
      const { length, count, first_target, last_target } = reference.windows;
      const data = windows(tensor("float64", [values.length], values), { length });
      expect(data.size).toBe(count);
      const { x, y } = await data.all();
      expect([y.data[0], y.data.at(-1)]).toEqual([first_target, last_target].map(Math.fround));
      expect(x.data[length]).toBe(x.data[1]);
    });
  });
});

describe("windows and seasonalSeries", () => {
  it("are what they say", async () => {
    const series = tensor("float32", [6], [0, 1, 2, 3, 4, 5]);
    const { x, y } = await windows(series, { length: 3, ahead: 2 }).all();
    expect([x.shape, [...x.data], [...y.data]]).toEqual([
      [2, 3, 1],
      [0, 1, 2, 1, 2, 3],
      [4, 5],
    ]);
    expect(() => windows(tensor("float32", [1]), { length: 2 })).toThrow("windows: got a series of 1 values, expected at least 3: a window of 2 and the value 1 after it."); // prettier-ignore
    const { values, anomalous, anomalies } = seasonalSeries({ seed: 7 });
    expect(values.shape).toEqual([1680]);
    expect(anomalies.map(({ kind }) => kind).length).toBe(5);
    expect(anomalous.data.reduce((a, b) => a + b, 0)).toBe(64);
    const mean = values.data.reduce((a, b) => a + b, 0) / 1680;
    // By the formula: 20 + 1.5 − 2.5 · 2/7.
    expect(Math.abs(mean - 20.79)).toBeLessThan(0.3);
  });

  it("are of tables, too, as keras.utils.timeseries_dataset_from_array cuts them", async () => {
    // timeseries_dataset_from_array(table[:-2], table[3:], sequence_length=2) of Keras 3.
    const table = tensor("float32", [5, 2], [0, 10, 1, 11, 2, 12, 3, 13, 4, 14]);
    const { x, y } = await windows(table, { length: 2, ahead: 2 }).all();
    expect([x.shape, [...x.data]]).toEqual([[2, 2, 2], [0, 10, 1, 11, 1, 11, 2, 12]]); // prettier-ignore
    expect([y.shape, [...y.data]]).toEqual([[2, 2], [3, 13, 4, 14]]); // prettier-ignore
    const one = await windows(table, { length: 2, ahead: 2, target: 1 }).all();
    expect([one.x.data, one.y.shape, [...one.y.data]]).toEqual([x.data, [2, 1], [13, 14]]);
  });

  it.each([
    ["bad-argument", () => windows(tensor("float32", [3], [1, NaN, 3]), { length: 1 })],
    ["bad-argument", () => windows(tensor("float32", [3]), { length: 3 })],
    ["bad-argument", () => windows(tensor("float32", [1]), { length: 1 })],
    ["bad-argument", () => windows(tensor("float32", [0]), { length: 1 })],
    ["bad-argument", () => windows(tensor("float32", [3]), { length: 1, target: 1 })],
    ["bad-argument", () => windows(tensor("float32", [2, 2], [1, 2, 3, NaN]), { length: 1 })],
    ["bad-shape", () => windows(tensor("float32", [3, 1, 1]), { length: 1 })],
    ["bad-shape", () => windows(tensor("float32", []), { length: 1 })],
    ["bad-argument", () => seasonalSeries({ hours: 10 })],
  ])("refuse with %s", (code, refused) => {
    expect(refused).toThrow(expect.objectContaining({ code }));
  });
});
