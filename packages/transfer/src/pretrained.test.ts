import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCajalError } from "@cajal/core";
import { mobilenet, resnet50, summary } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { fileServer, type FileServer } from "../../files/testing/fileServer";
import { pretrained, type PretrainedOptions } from "./pretrained";
import { encodeModel } from "./writeModel";

const model = mobilenet({ alpha: 0.25 });
const weights = initialize(model, { seed: 3 });
// Made here, in place of the file of the internet: a .h5 of our own, by its official name.
const bytes = encodeModel({ model, weights }, { format: "h5" }).get("model.h5")!;
const fileName = "mobilenet_2_5_224_tf.h5";
const kernel = (of: { weights: typeof weights }) => of.weights.get("conv1/kernel")!.data;
const code = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => (isCajalError(error) ? error.code : error),
  );

describe("from a mirror", () => {
  let server: FileServer;
  let cache: string;
  const get = (options: PretrainedOptions = {}) =>
    pretrained("MobileNet", {
      alpha: 0.25,
      mirror: new URL(".", server.url).href,
      cache,
      // The internet is not asked.
      fetch: (url, init) =>
        String(url).startsWith(new URL("/", server.url).href)
          ? fetch(url, init)
          : Promise.reject(new Error("no internet here")),
      ...options,
    });
  beforeAll(async () => {
    server = await fileServer({ content: bytes });
    cache = mkdtempSync(join(tmpdir(), "cajal-pretrained-"));
  });
  afterAll(async () => {
    await server.close();
    rmSync(cache, { recursive: true });
  });
  afterEach(() => {
    server.behaviour = { content: bytes };
    rmSync(join(cache, "weights"), { recursive: true, force: true });
    vi.unstubAllEnvs();
  });
  const place = () => join(cache, "weights", fileName);

  it("fetches once, keeps the file, and notes the hash that nobody has published", async () => {
    const found = await get();
    expect(kernel(found)).toEqual(kernel({ weights }));
    expect(found).toMatchObject({ name: "MobileNet", preprocessing: "tf" });
    expect(found.labels).toHaveLength(1000);
    expect(found.labels![0]).toBe("tench");
    const asked = server.requests.length;
    expect(server.requests.at(-1)!.path).toMatch(new RegExp(`/${fileName}$`));
    await get({ offline: true });
    expect(server.requests.length).toBe(asked);
    expect(readFileSync(`${place()}.sha256`, "utf8")).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
  });

  it("fetches again what is not what it was", async () => {
    await get();
    const damaged = Uint8Array.from(bytes);
    damaged[200]! ^= 1; // within the data: shapes still fit
    writeFileSync(place(), damaged);
    expect(kernel(await get())).toEqual(kernel({ weights }));
    expect(readFileSync(place()).equals(bytes)).toBe(true);
  });

  it("keeps nothing that is no file of weights, and gets the right one the next time", async () => {
    server.behaviour = { content: new TextEncoder().encode("<!doctype html><title>Sign in") };
    expect(await code(get())).toBe("bad-file");
    expect(existsSync(place())).toBe(false);
    expect(existsSync(`${place()}.sha256`)).toBe(false);
    server.behaviour = { content: bytes };
    expect(kernel(await get())).toEqual(kernel({ weights }));
  });

  it("reads what is there also where no hash can be noted", async () => {
    mkdirSync(`${place()}.sha256`, { recursive: true });
    expect(kernel(await get())).toEqual(kernel({ weights }));
    expect(existsSync(place())).toBe(true);
  });

  it("goes on where a server dies at every 64 KB", async () => {
    server.behaviour = { content: bytes, breakAfter: 65536 * 2 };
    expect(kernel(await get())).toEqual(kernel({ weights }));
    expect(server.requests.length).toBeGreaterThan(5);
  });

  it("says where the file is to be put when nothing may be fetched, and refuses another's hash", async () => {
    expect(await code(get({ offline: true }))).toBe("offline");
    // ResNet50 has a published hash, and this is not its file.
    const resnet = pretrained("ResNet50", {
      mirror: new URL(".", server.url).href,
      cache,
      fetch: (url, init) =>
        String(url).includes("127.0.0.1") || String(url).includes("localhost")
          ? fetch(url, init)
          : Promise.reject(new Error("no internet here")),
    });
    expect(await code(resnet)).toMatch(/checksum-mismatch|network/);
    expect(
      existsSync(join(cache, "weights", "resnet50_weights_tf_dim_ordering_tf_kernels.h5")),
    ).toBe(false);
  });

  it("finds the mirror in the environment, a folder too", async () => {
    writeFileSync(join(cache, fileName), bytes);
    vi.stubEnv("CAJAL_WEIGHTS", cache);
    expect(kernel(await pretrained("mobilenet", { alpha: 0.25 }))).toEqual(kernel({ weights }));
    rmSync(join(cache, fileName));
    expect(await code(pretrained("mobilenet", { alpha: 0.25 }))).toBe("io");
  });
});

it("takes weights of one's own, with classes of one's own", async () => {
  const own = mobilenet({ alpha: 0.25, classes: 7 });
  const bytes = encodeModel(
    { model: own, weights: initialize(own, { seed: 4 }) },
    { format: "npz" },
  );
  const found = await pretrained("MobileNet", {
    alpha: 0.25,
    classes: 7,
    weights: bytes.get("model.npz")!,
  });
  expect(found.labels).toBeUndefined();
  expect(found.model).toEqual(own);
});

it("makes networks with random weights, with Keras' options", async () => {
  const options = { include_top: false, input_shape: [64, 64, 3], pooling: "avg" } as const;
  const { model, weights } = await pretrained("ResNet50", { ...options, weights: null, seed: 5 });
  expect(summary(model).totalParams).toBe(summary(resnet50(options)).totalParams);
  const key = "conv2_block1_1_conv/kernel";
  expect(weights.get(key)).toEqual(initialize(model, { seed: 5 }).get(key));
});

it.each([
  ["an unknown network", "MobilNet", {}, "unknown-name"],
  ["an unknown option", "MobileNet", { alfa: 1 }, "unknown-option"],
  ["classes that no file has", "MobileNet", { classes: 7 }, "bad-argument"],
  ["another size with a dense top", "VGG16", { input_shape: [64, 64, 3] }, "bad-argument"],
  ["a width that no file has", "MobileNet", { alpha: 0.3 }, "bad-argument"],
  ["weights of another shape", "MobileNet", { alpha: 0.5, weights: bytes }, "bad-shape"],
])("refuses %s", async (_, name, options, expected) => {
  expect(await code(pretrained(name, options as PretrainedOptions))).toBe(expected);
});

it.each<[option: object, code: string, message: string]>([
  [{ input_shape: "x" }, "bad-argument", 'got "x" as input_shape, expected an array'],
  [{ input_shape: [1.5, 2, 3] }, "bad-shape", "[1.5,2,3], expected [height, width, channels]"],
  [
    { input_shape: [64, 64, 1], include_top: false },
    "bad-argument",
    "[64,64,1], and the published weights are for three channels",
  ],
  [{ classes: 1.5 }, "bad-argument", "got classes 1.5, expected a whole number of at least 1"],
  [{ classes: "10" }, "bad-argument", 'got classes "10", expected a whole number'],
  [{ include_top: "yes" }, "bad-argument", 'got "yes" as include_top, expected true or false'],
  [
    { pooling: "foo" },
    "unknown-name",
    'pooling of mobilenet "foo". Known, nearest first: avg, max',
  ],
  [{ classifier_activation: 3 }, "bad-argument", "expected the name of an activation"],
  [{ alpha: "1" }, "bad-argument", 'got alpha "1", expected a number'],
  [{ generation: 2016 }, "unknown-name", "Known, nearest first: 2016, current"],
  [{ name: 5 }, "bad-argument", "got 5 as name, expected a string"],
  [{ weights: 5 }, "bad-argument", "got 5, expected a path, a URL"],
  [{ mirror: 5 }, "bad-argument", "got 5 as mirror, expected a string"],
  [{ offline: "no" }, "bad-argument", 'got "no" as offline, expected true or false'],
  [{ seed: "a", weights: null }, "bad-argument", 'got seed "a", expected a whole number'],
  [{ signal: {} }, "bad-argument", "expected an AbortSignal"],
  [{ retries: "a" }, "bad-argument", 'got retries "a", expected a number'],
])("says of %o what was expected, and fetches nothing", async (option, expected, message) => {
  const fetch = () => expect.unreachable("nothing may be fetched");
  const given = { fetch, cache: "/nowhere", ...option } as object as PretrainedOptions;
  await expect(pretrained("MobileNet", given)).rejects.toMatchObject({
    code: expected,
    message: expect.stringContaining(message) as string,
  });
});

describeWithShared("MobileNet 0.75 of TF.js", "data/mobilenet_v1_0.75_224", (path) => {
  it("is read into our own network by its layers' names", async () => {
    const { model, weights } = await pretrained("MobileNet", {
      alpha: 0.75,
      weights: `${path}/model.json`,
    });
    expect(summary(model).totalParams).toBe(2_601_976);
    expect(weights.get("conv_preds/bias")?.shape).toEqual([1000]);
  });
});
