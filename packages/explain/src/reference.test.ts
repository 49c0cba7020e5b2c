// Every number of Captum, pytorch-grad-cam, torchcam, Zennit, Quantus, RISE and CleverHans that is at hand, within
// the tolerance that rounding explains: on ONNX graphs, and on Keras configs of the same networks on both engines.
import { readdirSync, readFileSync } from "node:fs";
import { sizeOf, tensor, type Weights } from "@cajal/core";
import type { ModelConfig } from "@cajal/models";
import { decodeModel } from "@cajal/onnx";
import { afterAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { generatedWeights } from "../../models/testing/generated";
import { openExplainer, type Explainer } from ".";
import {
  answerCase,
  answers,
  difference,
  expectedArrays,
  leastOf,
  type Case,
  type Inputs,
} from "../testing/reference";

const dataFormat = "channels_first";
/** In networks this small a second thread only waits, and many a session is opened and closed. */
const options = { dataFormat, threads: 1 } as const;
const networks = ["convpool", "convbn", "residual", "lenet5"];

describeWithShared("other tools' numbers", "reference/explain", (folder) => {
  const json = (path: string) => JSON.parse(readFileSync(`${folder}/${path}`, "utf8"));
  const tolerances = json("tolerances.json").relative as Readonly<Record<string, number>>;

  it("are all asked for", () => {
    const files = networks.flatMap((name) => readdirSync(`${folder}/${name}`));
    const recorded = [...new Set(files.map((file) => file.replace(/\.json$/, "")))];
    expect(recorded.filter((method) => !(method in answers))).toEqual([]);
    expect(Object.keys(answers).filter((method) => !recorded.includes(method))).toEqual([]);
    const folders = readdirSync(folder, { withFileTypes: true }).filter((each) =>
      each.isDirectory(),
    );
    expect(folders.map(({ name }) => name).toSorted()).toEqual([...networks, "mobilenet", "networks"].toSorted()); // prettier-ignore
  });

  const ways: readonly (readonly [string, (name: string) => Promise<Explainer>])[] = [
    [
      "as an ONNX graph",
      (name) =>
        openExplainer(decodeModel(readFileSync(`${folder}/networks/${name}.onnx`)), options),
    ],
    ...(["onnx", "tfjs"] as const).map(
      (engine) =>
        [
          `as a Keras config on ${engine}`,
          (name: string) => {
            const { keras, gains, weights } = json(`networks/${name}.json`) as KerasNetwork;
            const values =
              typeof gains === "string"
                ? trained(readFileSync(`${folder}/networks/${name}/group1-shard1of1.bin`), weights)
                : generatedWeights(keras, gains);
            return openExplainer(keras, values, {
              engine,
              ...(engine === "onnx" ? options : { dataFormat }),
            });
          },
        ] as const,
    ),
  ];

  describe.each(ways.flatMap(([way, open]) => networks.map((name) => [name, way, open] as const)))(
    "%s %s",
    (name, way, openIt) => {
      const inputs = json(`networks/${name}.json`) as Inputs;
      let opened: Promise<Explainer> | undefined;
      const open = () => (opened ??= openIt(name));
      afterAll(async () => (await opened)?.dispose());

      const cases = readdirSync(`${folder}/${name}`).flatMap((file) => {
        const method = file.replace(/\.json$/, "");
        if (way.endsWith("tfjs") && !onTfjs(method)) return [];
        const all = json(`${name}/${file}`).cases as Case[];
        // A config becomes the same graph: of each method one case tells whether it did.
        const asked = way.includes("Keras") ? all.slice(0, 1) : all;
        return asked.map((each) => [method, each.case, each] as const);
      });
      it.each(cases)("%s, %s", async (method, _, each) => {
        const arrays = await answerCase(await open(), method, each, inputs);
        for (const [array, expected] of expectedArrays(each)) {
          const got = arrays[array];
          if (!got) throw new Error(`"${array}" is not answered`);
          expect
            .soft(difference(got, expected, leastOf(array)), array)
            .toBeLessThanOrEqual(tolerances[method]!);
        }
      });
    },
  );
});

interface KerasNetwork {
  readonly keras: ModelConfig;
  /** Of generated weights; a file's name for trained ones. */
  readonly gains: Readonly<Record<string, number>> | string;
  readonly weights: readonly (readonly [string, readonly number[]])[];
}

/** Weights as they lie in a TF.js shard: one after the other. */
function trained(file: Uint8Array, list: KerasNetwork["weights"]): Weights {
  const numbers = new Float32Array(file.slice().buffer);
  let at = 0;
  return new Map(
    list.map(([key, shape]) => {
      const from = at;
      at += sizeOf(shape);
      return [key, tensor("float32", shape, numbers.slice(from, at))] as const;
    }),
  );
}

/** What engine tfjs has: whose answers are made of plain gradients; pure JavaScript is slow, so not the longest. */
const onTfjs = (method: string): boolean =>
  !/guided|deconvolution|deep_lift|lrp|full_grad|occlusion|shapley|score_cam|ablation/.test(method);
