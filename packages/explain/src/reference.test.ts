// Every number of Captum, pytorch-grad-cam, torchcam, Zennit, Quantus, RISE and CleverHans that is at hand, within
// the tolerance that rounding explains: on ONNX graphs, and on Keras configs of the same networks on both engines.
import { readdirSync, readFileSync } from "node:fs";
import { decodeModel } from "@cajal/onnx";
import { afterAll, describe, expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
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

const networks = ["convpool", "convbn", "residual", "lenet5"];

describeWithShared("other tools' numbers", "reference/explain", (folder) => {
  const json = (path: string) => JSON.parse(readFileSync(`${folder}/${path}`, "utf8"));
  const tolerances = json("tolerances.json").relative as Readonly<Record<string, number>>;

  it("are all asked for", () => {
    const files = networks.flatMap((name) => readdirSync(`${folder}/${name}`));
    const found = [...new Set(files.map((file) => file.replace(/\.json$/, "")))];
    expect(found.filter((method) => !(method in answers))).toEqual([]);
    expect(Object.keys(answers).filter((method) => !found.includes(method))).toEqual([]);
    const folders = readdirSync(folder, { withFileTypes: true }).filter((each) =>
      each.isDirectory(),
    );
    expect(folders.map(({ name }) => name).toSorted()).toEqual([...networks, "mobilenet", "networks"].toSorted()); // prettier-ignore
  });

  describe.each(networks)("%s as an ONNX graph", (name) => {
    const inputs = json(`networks/${name}.json`) as Inputs;
    let opened: Promise<Explainer> | undefined;
    const open = () =>
      (opened ??= openExplainer(decodeModel(readFileSync(`${folder}/networks/${name}.onnx`)), {
        dataFormat: "channels_first",
      }));
    afterAll(async () => (await opened)?.dispose());

    const cases = readdirSync(`${folder}/${name}`).flatMap((file) => {
      const method = file.replace(/\.json$/, "");
      return (json(`${name}/${file}`).cases as Case[]).map(
        (each) => [method, each.case, each] as const,
      );
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
  });
});
