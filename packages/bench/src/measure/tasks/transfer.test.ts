// Learning on a network in a file: on its features, not on what its classifier says of the pictures.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tensor } from "@cajal/core";
import { encodePng, pictureOf } from "@cajal/explain";
import { functional } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { writeModel } from "@cajal/transfer";
import { transfer } from "./transfer";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "cajal-transfer-task-"))));
afterAll(() => rm(folder, { recursive: true }));

it("leaves out the classifier of a file, of Keras and ONNX alike", async () => {
  const net = functional("net");
  const image = net.input([8, 8, 3]);
  const maps = net.layer("Conv2D", { filters: 6, kernel_size: 3, activation: "relu" }, image);
  const pooled = net.layer("GlobalAveragePooling2D", {}, maps);
  const model = net.model(image, net.layer("Dense", { units: 5, activation: "softmax" }, pooled));
  const weights = initialize(model, { seed: 1 });
  const data = join(folder, "pictures");
  for (const [k, name] of ["blue", "green", "red"].entries()) {
    await mkdir(join(data, name), { recursive: true });
    for (let i = 0; i < 5; i++) {
      const pixels = Uint8Array.from({ length: 192 }, (_, at) => (at % 3 === 2 - k ? 200 : (7 * i * at) % 60)); // prettier-ignore
      const picture = pictureOf(tensor("uint8", [8, 8, 3], pixels), { pixels: [0, 255] });
      await writeFile(join(data, name, `${i}.png`), await encodePng(picture));
    }
  }
  const learned = async (name: string) => {
    const source = join(folder, name);
    await writeModel(source, { model, weights });
    const job = {
      phase: "accuracy",
      model: name,
      engine: "onnx",
      device: "cpu",
      batch: 4,
    } as const;
    const settings = { data, source, preprocess: "tf", epochs: [2, 0] } as const;
    const [record] = await transfer.run({ ...job, settings }, () => {});
    return record!;
  };
  const [keras, onnx] = [await learned("net.keras"), await learned("net.onnx")];
  // The convolution's (9 · 3 + 1) · 6, and 3 classes of 6 features: not of the 5 scores.
  expect(keras).toMatchObject({ n: 3, params: 168 + 21 });
  expect(onnx).toMatchObject({ n: 3, params: 168 + 21, top1: keras.top1 });
});
