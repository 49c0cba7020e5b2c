import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchFile } from "@cajal/files/node";
import type { Tensor } from "@cajal/core";
import { open } from "@cajal/runtime";
import { loadModel } from "@cajal/train/node";
import { buildCajal, cajal } from "../testing/cajal";
import { recordWith } from "../testing/record";
import { imageSet } from "./choices/imageSets";
import type { TableRow } from "./measure/table";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cajal-cli-"));
  await buildCajal();
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("cajal", () => {
  it("teaches when it is called with nothing, or asked for help", async () => {
    const [bare, help] = await Promise.all([cajal([]), cajal(["--help"])]);
    expect(bare.code).toBe(0);
    expect(bare.stdout).toBe(help.stdout);
    expect(help.stdout).toMatchSnapshot();
  });

  it("names the nearest for what it does not know, and exits 2", async () => {
    const command = await cajal(["tabel"]);
    expect(command).toMatchObject({ code: 2, stdout: "" });
    expect(command.stderr).toContain("table");
    const option = await cajal(["run", "--sede", "7"]);
    expect(option).toMatchObject({ code: 2, stdout: "" });
    expect(option.stderr).toContain("--seed");
    const suite = await cajal(["run", "embeded"]);
    expect(suite).toMatchObject({ code: 2, stdout: "" });
    expect(suite.stderr).toContain("embedded");
  });

  it("refuses values that are none, and exits 2", async () => {
    for (const args of [
      ["run", "--seed", "many"],
      ["learn", "--epochs", "0"],
      ["learn", "--schedule", "cosin"],
      ["speed", "--batch", "1,x"],
      ["speed", "--phase", "sleep"],
      ["table", join(folder, "absent.json")],
      ["compare", join(folder, "absent.json"), join(folder, "absent.json")],
    ])
      expect(await cajal(args), args.join(" ")).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("--out", () => {
  it("is looked at before the work, whatever the command", async () => {
    const taken = join(folder, "taken");
    await writeFile(taken, "mine");
    const inside = join(taken, "inside.json");
    for (const args of [
      ["run", "--out", taken],
      ["learn", "--checkpoint", taken],
      ["learn", "--save", inside],
      ["learn", "--save", join(folder, "digits.h5")],
      ["table", "lenet5", "--out", folder],
      ["table", "lenet5", "--out", inside],
      ["speed", "--out", folder],
      ...(process.platform === "win32" ? [] : [["table", "lenet5", "--out", "/dev/null"]]),
    ]) {
      const { code, stdout, stderr } = await cajal(args);
      expect([code === 1 || code === 2, stdout], args.join(" ")).toEqual([true, ""]);
      // One line: no stage of the work has begun.
      expect(stderr).toMatch(/^cajal: .*\n$/);
      expect(stderr).toContain(args.at(-1));
    }
    expect(await readFile(taken, "utf8")).toBe("mine");
  });
});

describe("cajal table", () => {
  it("prints one JSON document and nothing else", async () => {
    const { code, stdout, stderr } = await cajal(["table", "lenet5", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [row, ...more] = JSON.parse(stdout) as TableRow[];
    expect(more).toEqual([]);
    // LeNet-5 by hand: 156 + 2,416 + 48,120 + 10,164 + 850 parameters; multiply-adds
    // 28·28·6·25 + 10·10·16·150 + 400·120 + 120·84 + 84·10.
    expect(row).toMatchObject({ name: "LeNet5", params: 61_706, macs: 416_520 });
  });

  it("lists the ten networks as Keras' documentation does, and all that there are when asked", async () => {
    const rows = async (...args: string[]) =>
      JSON.parse((await cajal(["table", "--json", ...args])).stdout) as TableRow[];
    const [usual, all] = await Promise.all([rows(), rows("--all")]);
    expect(all.length).toBeGreaterThan(usual.length);
    const published = usual.filter(({ published_depth }) => published_depth !== undefined);
    expect(published).toHaveLength(10);
    for (const row of published) expect(row.depth, row.name).toBe(row.published_depth);
    // Keras' documentation: 138,357,544 parameters, 528 MB, depth 23, top-1 71.5 %.
    expect(published).toContainEqual(
      expect.objectContaining({
        name: "VGG16",
        params: 138_357_544,
        size_mb: 528,
        depth: 23,
        published_top1: 0.715,
      }),
    );
  });

  it("reads Keras JSON, and says what is wrong with a file that is none", async () => {
    const model = {
      class_name: "Sequential",
      config: {
        name: "tiny",
        layers: [
          {
            class_name: "Dense",
            config: { name: "dense", units: 3, batch_input_shape: [null, 4] },
          },
        ],
      },
    };
    await writeFile(join(folder, "tiny.json"), JSON.stringify(model));
    const good = await cajal(["table", join(folder, "tiny.json"), "--json"]);
    expect(good.stderr).toBe("");
    // 4·3 weights and 3 biases.
    expect(JSON.parse(good.stdout)).toMatchObject([{ name: "tiny.json", params: 15, macs: 12 }]);

    await writeFile(join(folder, "broken.json"), "{");
    const broken = await cajal(["table", join(folder, "broken.json")]);
    expect(broken).toMatchObject({ code: 1, stdout: "" });
    expect(broken.stderr).toContain("broken.json");
  });

  it("writes Markdown into a file", async () => {
    const out = join(folder, "table.md");
    const { code, stdout } = await cajal(["table", "lenet1", "--markdown", "--out", out]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(await readFile(out, "utf8")).toMatch(/^\| network \|.*\n(\| --- )+\|\n\| LeNet1 \|/);
  });
});

describe("cajal learn", () => {
  it("goes by the schedule that is asked for, and by the seed alone", async () => {
    const learned = async (...args: string[]) => {
      // The smallest network, in few steps: what it learns does not matter.
      const small = ["--model", "lenet1", "--batch", "64", "--epochs", "1"];
      const { code, stdout, stderr } = await cajal(["learn", ...small, ...args]);
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/^[\d.]+ % of 359 held-out examples read right, after 1 epoch in/);
      return /held out: loss ([\d.]+)/.exec(stderr)?.[1];
    };
    const cosine = await learned();
    expect(await learned("--schedule", "cosine", "--learning-rate", "0.003")).toBe(cosine);
    expect(await learned("--schedule", "one-cycle")).not.toBe(cosine);
    expect(await learned("--optimizer", "sgd")).not.toBe(cosine);
  });

  it("saves what it has learned: read back, it reads the held-out digits as well", async () => {
    const file = join(folder, "digits.safetensors");
    const { code, stdout, stderr } = await cajal(["learn", "--epochs", "2", "--save", file]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`saved as ${file}`);
    const { model, weights, labels } = await loadModel(file);
    expect(labels).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    const { validation } = await imageSet("digits").load({ seed: 42 });
    const { x, y } = await validation.all();
    await using session = await open(model, weights);
    const { data, shape } = await session.predict(x as Tensor);
    expect(shape).toEqual([359, 10]);
    const right = Array.from({ length: 359 }, (_, i) => {
      const row = Array.from({ length: 10 }, (_, c) => Number(data[10 * i + c]));
      return row.indexOf(Math.max(...row)) === Number((y as Tensor).data[i]);
    }).filter(Boolean).length;
    expect(right).toBeGreaterThan(180); // by chance it would be 36
    expect(stdout).toContain(`${((100 * right) / 359).toFixed(2)} % of 359 held-out examples`);
  });

  it("lists the schedules for a name that is none", async () => {
    const { stderr } = await cajal(["learn", "--schedule", "cosin"]);
    expect(stderr).toContain("constant, cosine, linear, exponential, one-cycle, step");
  });

  it("says so where there is but a part of the data set", async () => {
    // Records of CIFAR-10: a label, and 3,072 bytes of an image.
    const records = (n: number) =>
      Buffer.concat(
        Array.from({ length: n }, (_, i) =>
          Buffer.concat([Buffer.from([i % 10]), Buffer.alloc(3072, 20 * (i % 10))]),
        ),
      );
    const data = join(folder, "cifar");
    await mkdir(data);
    await writeFile(join(data, "data_batch_3_first20.bin"), records(20));
    await writeFile(join(data, "test_batch_first5.bin"), records(5));
    const args = ["learn", "--model", "convnet", "--dataset", "cifar10", "--data", data];
    const shown = await cajal([...args, "--epochs", "1"]);
    expect(shown.code, shown.stderr).toBe(0);
    for (const text of [shown.stdout, shown.stderr])
      expect(text).toContain("20 of 50,000 to learn from, 5 of 10,000 held out");
    expect(shown.stderr).toContain("mirrored");
    const plain = await cajal([...args, "--epochs", "1", "--no-augment", "--json"]);
    expect(plain.stderr).not.toContain("mirrored");
    const [times, accuracy] = plain.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(times).toMatchObject({ dataset: "cifar10-part", model: "convnet", batch: 32, n: 1 });
    expect(accuracy).toMatchObject({ dataset: "cifar10-part", phase: "accuracy", n: 5 });
  });
});

describe("cajal compare", () => {
  const record = recordWith({ n: 10, median_ms: 1, host: "here" });
  const file = async (name: string, median_ms: number) => {
    const path = join(folder, name);
    await writeFile(path, `${JSON.stringify({ ...record, median_ms })}\n`);
    return path;
  };

  it("exits 1 for a regression beyond the threshold, 0 below it", async () => {
    const before = await file("before.jsonl", 1);
    const after = await file("after.jsonl", 1.2);
    const slower = await cajal(["compare", before, after, "--json"]);
    expect(slower.code).toBe(1);
    expect(JSON.parse(slower.stdout)).toMatchObject({
      comparisons: [{ before: 1, after: 1.2, verdict: "regression" }],
    });
    expect((await cajal(["compare", before, after, "--threshold", "0.25"])).code).toBe(0);
    expect((await cajal(["compare", after, before])).code).toBe(0);
  });

  it("exits 1 where something is no longer measured", async () => {
    const before = join(folder, "two.jsonl");
    const lines = [record, { ...record, batch: 8 }].map((each) => JSON.stringify(each));
    await writeFile(before, lines.join("\n"));
    const after = await file("one.jsonl", 1);
    const { code, stderr } = await cajal(["compare", before, after]);
    expect(code).toBe(1);
    expect(stderr).toContain("speed · lenet5 · predict · onnx · cpu · 8");
    expect((await cajal(["compare", after, before])).code).toBe(0);
  });

  it("takes pairs of runs that were measured in turns, folders among them", async () => {
    const run = async (name: string, median_ms: number) => {
      const line = JSON.stringify({ ...record, median_ms, rounds_ms: [median_ms, median_ms] });
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "records.jsonl"), `${line}\n`);
      return join(folder, name);
    };
    const runs = [];
    // Twice as slow from the fifth pair on, and once within a pair.
    for (let pair = 0; pair < 16; pair++) {
      const old = pair < 4 ? 1 : 2;
      const now = pair === 15 ? 1.1 : 1.1 * old;
      runs.push(await run(`old-${pair}`, old), await run(`new-${pair}`, now));
    }
    const { code, stdout } = await cajal(["compare", ...runs, "--json"]);
    expect(code).toBe(1);
    const [comparison] = JSON.parse(stdout).comparisons;
    expect(comparison).toMatchObject({ before: 2, after: 2.2, verdict: "regression" });
    expect(comparison.ratio).toBeCloseTo(1.1, 12);
    const odd = await cajal(["compare", ...runs.slice(1)]);
    expect(odd.code).toBe(2);
    expect(odd.stderr).toContain("got 31 runs, expected pairs: before, after, before, after");
  });

  it("names the line that is no record", async () => {
    const path = join(folder, "bad.jsonl");
    await writeFile(path, `${JSON.stringify(record)}\n{"suite":\n`);
    const { code, stderr } = await cajal(["compare", path, path]);
    expect(code).toBe(1);
    expect(stderr).toContain("line 2");
  });
});

describe("cajal cache", () => {
  it("lists and clears the folder of the environment, and no more than its contents", async () => {
    const env = { CAJAL_CACHE: join(folder, "cache") };
    const call = async (...args: string[]) =>
      JSON.parse((await cajal(["cache", ...args, "--json"], { env })).stdout) as unknown;
    expect(await call("where")).toEqual({ folder: env.CAJAL_CACHE });
    const nothing = { folder: env.CAJAL_CACHE, files: [], bytes: 0, others: 0 };
    expect(await call()).toEqual(nothing);
    // Somebody's own: not listed, not removed.
    await mkdir(join(env.CAJAL_CACHE, "mnist"), { recursive: true });
    await writeFile(join(env.CAJAL_CACHE, "mnist", "mine.txt"), "mine");
    expect(await call()).toEqual({ ...nothing, others: 1 });
    await fetchFile({
      urls: ["https://example.com/file.gz"],
      to: "mnist/file.gz",
      cache: env.CAJAL_CACHE,
      fetch: async () => new Response("12345"),
    });
    expect(await call()).toMatchObject({
      files: [{ path: join("mnist", "file.gz"), bytes: 5 }],
      bytes: 5,
      others: 1,
    });
    const shown = await cajal(["cache", "clear"], { env });
    // What goes is listed before.
    expect(shown.stderr).toContain(join("mnist", "file.gz"));
    expect(shown.stdout).toContain("1 file (0.0 MB) removed");
    expect(await readdir(env.CAJAL_CACHE, { recursive: true })).toEqual([
      "mnist",
      join("mnist", "mine.txt"),
    ]);
    expect(await call("clear")).toMatchObject({ removed: 0, bytes: 0 });
  });
});

describe("cajal cache verify and prune", () => {
  it("tells right files from damaged ones, and removes what downloads left", async () => {
    const env = { CAJAL_CACHE: join(folder, "verified") };
    const put = (to: string, content: string) =>
      fetchFile({
        urls: ["https://example.com/file"],
        to,
        cache: env.CAJAL_CACHE,
        fetch: async () => new Response(content),
      });
    await put("lfw/pairs.txt", "1\t0\n");
    await put("mine/model.h5", "x");
    await writeFile(join(env.CAJAL_CACHE, "lfw", "pairs.txt.part"), "half");
    const verified = await cajal(["cache", "verify", "--json"], { env });
    expect(verified.code).toBe(1);
    expect(JSON.parse(verified.stdout)).toEqual({
      folder: env.CAJAL_CACHE,
      files: [
        { path: join("lfw", "pairs.txt"), state: "damaged" },
        { path: join("mine", "model.h5"), state: "unknown" },
      ],
    });
    const pruned = await cajal(["cache", "prune", "--json"], { env });
    expect(JSON.parse(pruned.stdout)).toMatchObject({ removed: 1, bytes: 4 });
    expect((await readdir(join(env.CAJAL_CACHE, "lfw"))).toSorted()).toEqual(["pairs.txt"]);
  });
});

describe("cajal datasets", () => {
  it("lists them, shows a card, says where files lie, and reads one", async () => {
    const env = { CAJAL_CACHE: join(folder, "cache") };
    const call = async (...args: string[]) =>
      JSON.parse((await cajal(["datasets", ...args, "--json"], { env })).stdout) as never;
    const all: { name: string }[] = await call();
    expect(all.map(({ name }) => name)).toContain("fashion-mnist");
    expect(await call("mnist")).toMatchObject({ name: "mnist", splits: { train: 60000 } });
    const { files }: { files: string[] } = await call("kmnist", "where");
    expect(files[0]).toBe(join(env.CAJAL_CACHE, "kmnist", "train-images-idx3-ubyte.gz"));
    expect(await call("iris", "get")).toMatchObject({ sizes: { all: 150 } });
    const card = await cajal(["datasets", "mnist"], { env });
    expect(card.stdout).toMatch(/mean +0\.1307[^]*dead +http:\/\/yann\.lecun/);
    const sheet = join(folder, "digits.png");
    expect(await call("digits", "--sheet", sheet)).toEqual({ name: "digits", split: "all", samples: 100, file: sheet }); // prettier-ignore
    // Ten rows of ten pictures of 48 pixels, 2 between them.
    const png = readFileSync(sheet);
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([502, 502]);
    const unknown = await cajal(["datasets", "minst"], { env });
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("mnist")]);
  });
});

describe("cajal devices", () => {
  it("lists what there is, with a reason for what is not", async () => {
    const { code, stdout } = await cajal(["devices", "--json"]);
    expect(code).toBe(0);
    const places = JSON.parse(stdout) as {
      engine: string;
      device: string;
      available: boolean;
      reason?: string;
    }[];
    expect(places).toContainEqual(
      expect.objectContaining({ engine: "onnx", device: "cpu", available: true }),
    );
    for (const { available, reason } of places) expect(reason === undefined).toBe(available);
  });
});
