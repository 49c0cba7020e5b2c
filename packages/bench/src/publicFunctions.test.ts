// No public function of any package answers arguments of the wrong kind with anything but a result or a
// CajalError: plain values, and sound arguments with a field spoilt.
import { isCajalError, random } from "@cajal/core";
import { array, assert, asyncProperty, constantFrom, dictionary, oneof } from "fast-check";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { mutateValue } from "../../../scripts/fuzz/mutateValue";
import { publicFunctions, type Function } from "../testing/publicPackages";
import { soundArguments } from "../testing/soundArguments";

/** Functions that are not called with anything, and why. */
const left: Readonly<Record<string, string>> = {
  "runtime devices": "looks for every device of the machine, which takes seconds",
  "core importPeer": "takes functions of the packages themselves",
  "core hash": "arithmetic of an inner loop",
  "models modelTable": "computes every network, which takes a minute",
  "bench table": "computes every network, which takes a minute",
  "bench openYardstick":
    "takes no arguments, and times the machine for a second: yardstick.test.ts",
  "bench runSuite": "trains a network",
  "bench speed": "starts processes",
  "bench startWorker": "starts processes",
  "bench takeTurns": "takes what startWorker gives",
};

/** Whose sound arguments name what is not there, for nothing is fetched and no file lies here; or bytes of no image. */
const absent = [
  ...["cifar10", "cifar100", "emnist", "fashionMnist", "imagenette"].map(
    (set) => `datasets/node ${set}`,
  ),
  ...["kmnist", "lfwPairs", "lfwPeople", "mnist"].map((set) => `datasets/node ${set}`),
  ...["imageFolder", "imageTable", "readImage"].map((name) => `datasets/node ${name}`),
  ...["decodeImage", "parquetImages", "readParquet"].map((name) => `datasets ${name}`),
  "files fetchBytes",
  "files/node fetchFile",
  "files/node fileSource",
  "onnx/node readModel",
  "train/node loadModel",
  "train/node loadCheckpoint",
  "transfer readModel",
];

const plain = oneof(
  constantFrom(undefined, null, NaN, -1, 0, 3, 2 ** 53, "", "x", true, [], {}, () => 1),
  dictionary(constantFrom("x", "y", "shape", "data", "dtype", "name", "config"), constantFrom(0, "a", null, [], {}), { noNullPrototype: true }), // prettier-ignore
  array(constantFrom(0, "a", null, {}), { maxLength: 3 }),
);

// What is written goes where it is removed, and nothing is fetched.
const home = process.cwd();
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "cajal-public-"));
  process.chdir(folder);
  vi.stubEnv("CAJAL_CACHE", join(folder, "cache"));
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed")));
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

/** Calls, and begins what is given as a stream or to be disposed of. */
async function answer(call: Function, args: readonly unknown[]): Promise<void> {
  const result = await call(...args);
  if (typeof result !== "object" || result === null) return;
  if (Symbol.asyncIterator in result && "next" in result) {
    const events = result as AsyncGenerator<unknown, unknown, undefined>;
    await events.next();
    await events.return(undefined);
  }
  if (Symbol.asyncDispose in result) await (result as AsyncDisposable)[Symbol.asyncDispose]();
}

async function answerOrCajalError(call: Function, args: readonly unknown[]): Promise<void> {
  try {
    await answer(call, args);
  } catch (error) {
    const aborted = error instanceof Error && ["AbortError", "TimeoutError"].includes(error.name);
    if (!isCajalError(error) && !aborted) throw error;
  }
}

describe("public functions", () => {
  const called = [...publicFunctions].filter(([name]) => !Object.hasOwn(left, name));

  it.each(called)("%s, called with anything", async (_, call) => {
    await assert(
      asyncProperty(array(plain, { maxLength: 3 }), (args) => answerOrCajalError(call, args)),
      { seed: 8, numRuns: 30 },
    );
  });

  it.each(Object.entries(soundArguments))("%s, called with a field spoilt", async (name, make) => {
    const call = publicFunctions.get(name)!;
    if (!absent.includes(name)) await answer(call, await make());
    const chance = random(8, name);
    for (let run = 0; run < 25; run++) {
      const args = await make();
      const i = chance.integer(args.length);
      await answerOrCajalError(call, args.with(i, mutateValue(args[i], chance)));
    }
  });
});

describe("null in an argument's place, or behind the last", () => {
  it.each(Object.entries(soundArguments))("of %s", async (name, make) => {
    const call = publicFunctions.get(name)!;
    const { length } = await make();
    for (let i = 0; i <= length; i++) {
      const args = [...(await make())];
      args[i] = null;
      await answerOrCajalError(call, args);
    }
  });
});

it("names functions that are there", () => {
  for (const name of [...Object.keys(left), ...Object.keys(soundArguments)])
    expect([...publicFunctions.keys()]).toContain(name);
});
