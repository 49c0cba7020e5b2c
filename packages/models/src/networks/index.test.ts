import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isCajalError } from "@cajal/core";
import { describeWithShared } from "../../../core/testing/shared";
import { modelFacts, models } from "./index";
import { summary } from "../network/summary";

describe("the records of the models", () => {
  it("hold every architecture there is", async () => {
    const names = readdirSync(import.meta.dirname)
      .flatMap((name) => /^([^.]+)\.ts$/.exec(name)?.[1] ?? [])
      .filter((name) => name !== "index" && name !== "definition");
    const modules = await Promise.all(
      names.map(async (name): Promise<object> => import(`./${name}.ts`)),
    );
    const exportedValues = modules.flatMap((module) => Object.values(module) as unknown[]);
    const functions = exportedValues.filter((each) => typeof each === "function");
    expect(functions.length).toBeGreaterThanOrEqual(21);
    expect(new Set(models.map(({ build }) => build))).toEqual(new Set(functions));
    const records = exportedValues.filter((each) => typeof each !== "function");
    expect(new Set<unknown>(models)).toEqual(new Set(records));
  });

  it.each(models.filter(({ published }) => published))(
    "$name: parameters and input are as published",
    ({ build, input, published }) => {
      const { inputs, outputs, totalParams } = summary(build());
      expect(totalParams).toBe(published!.params);
      expect(inputs).toEqual([[null, ...input]]);
      expect(outputs).toEqual([[null, 1000]]);
    },
  );

  it.each(models)("$name takes the options that all have in common", ({ build, input }) => {
    const [height, width] = input;
    const config = build({
      input_shape: [height + 32, width + 32, 2],
      classes: 7,
      classifier_activation: "sigmoid",
      name: "mine",
    });
    const { name, inputs, outputs, layers } = summary(config);
    expect(name).toBe("mine");
    expect(inputs).toEqual([[null, height + 32, width + 32, 2]]);
    expect(outputs).toEqual([[null, 7]]);
    expect(layers.at(-1)!.config).toMatchObject({ activation: "sigmoid" });
  });

  it.each(models)("$name: each file has one address and at most one hash", ({ weights }) => {
    for (const { urls, md5, include_top } of weights) {
      expect(urls[0]).toMatch(include_top ? /(_tf|_\d+|kernels)\.h5$/ : /_no_?top\.h5$/);
      if (md5 !== undefined) expect(md5).toMatch(/^[0-9a-f]{32}$/);
    }
    const keys = weights.map(({ urls }) => urls[0]);
    expect(new Set(keys).size).toBe(keys.length);
    const hashes = weights.flatMap(({ md5 = [] }) => md5);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

describe("modelFacts", () => {
  it("finds a model however its name is spelled", () => {
    for (const name of ["InceptionV3", "inception_v3", "inceptionv3", "inceptionV3"])
      expect(modelFacts(name).name).toBe("InceptionV3");
    expect(modelFacts("lenet-5").name).toBe("LeNet5");
  });

  it("lists the known ones, nearest first", () => {
    try {
      modelFacts("vgg61");
      expect.unreachable();
    } catch (error) {
      if (!isCajalError(error, "unknown-name")) throw error;
      expect(error.message).toContain("nearest first: VGG1");
      expect(error.facts.known).toHaveLength(models.length);
    }
  });
});

describeWithShared("the weight files", "data/keras-weights.md", (path) => {
  it("are those of the list, with their hashes", () => {
    const listedFiles = readFileSync(path, "utf8")
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .filter(([, model, variant]) => model && /^(no)?top$/.test(variant ?? ""))
      .map(([, model, variant, , url, md5]) => ({
        model: model!.split(" ")[0]!,
        include_top: variant === "top",
        url: url!.replace("$B", "https://storage.googleapis.com/tensorflow/keras-applications"),
        md5: md5 === "none published" ? undefined : md5,
      }));
    expect(listedFiles).toHaveLength(26);
    for (const { model, include_top, url, md5 } of listedFiles) {
      const file = modelFacts(model).weights.find(({ urls }) => urls[0] === url);
      expect(file, url).toMatchObject({ include_top });
      expect(file!.md5).toBe(md5);
    }
    const text = readFileSync(path, "utf8");
    for (const file of modelFacts("ResNet50").weights) expect(text).toContain(file.md5);
  });
});
