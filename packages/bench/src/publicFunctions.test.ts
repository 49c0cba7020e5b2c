// No public function of any package answers plain arguments with anything but a result or a CajalError.
import * as core from "@cajal/core";
import * as datasets from "@cajal/datasets";
import * as explain from "@cajal/explain";
import * as files from "@cajal/files";
import * as models from "@cajal/models";
import * as onnx from "@cajal/onnx";
import * as runtime from "@cajal/runtime";
import * as train from "@cajal/train";
import { array, assert, asyncProperty, constantFrom, dictionary, oneof } from "fast-check";
import { describe, expect, it } from "vitest";

const packages = { core, files, onnx, datasets, models, runtime, train, explain };

/** Functions that are not called with anything, and why. */
const left: Readonly<Record<string, string>> = {
  CajalError: "a class",
  GraphBuilder: "a class, whose methods are not plain functions",
  devices: "looks for every device of the machine, which takes seconds",
  importPeer: "takes functions of the packages themselves",
  hash: "arithmetic of an inner loop",
  modelTable: "computes every network, which takes a minute",
};

const plain = oneof(
  constantFrom(undefined, null, NaN, -1, 0, 3, 2 ** 53, "", "x", true, [], {}, () => 1),
  dictionary(constantFrom("x", "y", "shape", "data", "dtype", "name", "config"), constantFrom(0, "a", null, [], {}), { noNullPrototype: true }), // prettier-ignore
  array(constantFrom(0, "a", null, {}), { maxLength: 3 }),
);

async function answer(work: () => unknown): Promise<void> {
  const result = await work();
  if (typeof result === "object" && result !== null && Symbol.asyncIterator in result)
    await (result as AsyncIterable<unknown>)[Symbol.asyncIterator]().next();
}

describe("public functions", () => {
  const functions = Object.entries(packages).flatMap(([name, exported]) =>
    Object.entries(exported).flatMap(([key, value]): [string, (...args: unknown[]) => unknown][] =>
      typeof value === "function" && !Object.hasOwn(left, key)
        ? [[`${name} ${key}`, value as (...args: unknown[]) => unknown]]
        : [],
    ),
  );

  it.each(functions)("%s", async (_, call) => {
    await assert(
      asyncProperty(array(plain, { maxLength: 3 }), async (args) => {
        try {
          await answer(() => call(...args));
        } catch (error) {
          if (!core.isCajalError(error)) throw error;
        }
      }),
      { seed: 8, numRuns: 30 },
    );
  });
});

it("leaves out what is there", () => {
  const names = Object.values(packages).flatMap((exported) => Object.keys(exported));
  for (const name of Object.keys(left)) expect(names).toContain(name);
});
