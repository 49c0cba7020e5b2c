// The ten networks on TF.js against Keras: logits for generated weights and images. On engine onnx
// @cajal/models compares all of them; here stand those that TF.js runs within seconds. All ten:
// CAJAL_ALL_NETWORKS=1
import { readFileSync } from "node:fs";
import { models, preprocessInput } from "@cajal/models";
import { expect, it } from "vitest";
import { describeWithShared } from "../../core/testing/shared";
import { generatedImages, generatedWeights } from "../../models/testing/generated";
import { open } from "./open";

interface Golden {
  readonly input: { readonly size: number };
  readonly gains: Readonly<Record<string, number>>;
  readonly suggested_logits_tolerance: number;
  readonly logits_float64: readonly (readonly number[])[];
}

const all = process.env.CAJAL_ALL_NETWORKS === "1";
// Depthwise convolutions, relu6; a layer that TF.js lacks; concatenations and average pooling.
const quick = ["MobileNet", "InceptionResNetV2", "DenseNet121"];

describeWithShared(
  "TF.js, wasm, computes what Keras computes",
  "reference/keras/outputs",
  (folder) => {
    it.each(models.slice(0, 10).filter(({ name }) => all || quick.includes(name)))(
      "$name",
      { timeout: 120_000 },
      async ({ name, build, preprocessing }) => {
        const golden: Golden = JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8"));
        const model = build({ classifier_activation: null });
        const weights = generatedWeights(model, golden.gains);
        const x = preprocessInput(generatedImages(golden.input.size), preprocessing!);
        const begin = performance.now();
        await using session = await open(model, weights, { engine: "tfjs", device: "wasm" });
        const opened = performance.now();
        const { data } = await session.predict(x);
        const expected = golden.logits_float64.flat();
        expect(data.length).toBe(expected.length);
        const worst = expected.reduce(
          (most, value, i) =>
            Math.abs(value - Number(data[i])) <= most ? most : Math.abs(value - Number(data[i])),
          0,
        );
        if (all) {
          const [seconds, opening] = [performance.now() - opened, opened - begin].map((ms) =>
            (ms / 1000).toFixed(2),
          );
          console.log(
            `${name}: opened in ${opening} s, two images in ${seconds} s, error ${worst.toExponential(1)}`,
          );
        }
        expect(worst).toBeLessThan(golden.suggested_logits_tolerance);
      },
    );
  },
);
