// A real network on a real photograph: maps of Captum and pytorch-grad-cam, and attributions that add up.
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { afterAll, expect, it } from "vitest";
import { describeWithShared, shared } from "../../core/testing/shared";
import { openExplainer } from ".";
import { readTfjs, scaled } from "../testing/mobilenet";
import { difference, type Numbers } from "../testing/reference";

interface Reference {
  readonly target: number;
  readonly maps: Readonly<Record<string, Numbers>>;
}

describeWithShared("MobileNet 0.75 at 224", "data/mobilenet_v1_0.75_224", async (folder) => {
  const reference = shared("reference/explain/mobilenet/tench");
  const { target, maps } = JSON.parse(readFileSync(`${reference}.json`, "utf8")) as Reference;
  const { model, weights } = readTfjs(folder);
  const explainer = await openExplainer(model, weights);
  afterAll(() => explainer.dispose());
  const raw = await sharp(`${reference}.png`).removeAlpha().raw().toBuffer();
  const image = scaled([raw]);

  it.each([
    ["grad_cam", "grad-cam", {}],
    ["grad_cam_plus_plus", "grad-cam-plus-plus", { epsilon: 1e-6 }],
    ["xgrad_cam", "xgrad-cam", {}],
    ["layer_cam_conv_pw_5_relu", "layer-cam", { layer: "conv_pw_5_relu" }],
  ] as const)("%s", async (name, method, options) => {
    const { cam, layer } = await explainer.attribute(image, {
      method,
      target,
      ...options,
    } as never);
    expect(layer).toBe("layer" in options ? options.layer : "conv_pw_13_relu");
    expect(difference(cam!.data, maps[name]!.data)).toBeLessThan(1e-4);
  });

  it("saliency, but for units that lie on a corner of ReLU6", async () => {
    const { map } = await explainer.attribute(image, { method: "saliency", target });
    const sums = new Float64Array(3 * 28 * 28);
    map.data.forEach((value, i) => {
      const [y, x, c] = [Math.floor(i / 672), Math.floor(i / 3) % 224, i % 3];
      sums[(c * 28 + (y >> 3)) * 28 + (x >> 3)]! += value;
    });
    expect(difference(sums, maps["saliency_block_sums"]!.data)).toBeLessThan(5e-2);
  });

  it("DeepLIFT adds up to the logit's difference", async () => {
    const { delta } = await explainer.attribute(image, { method: "deep-lift", target });
    expect(Math.abs(delta![0]!)).toBeLessThan(1e-3);
  });
});
