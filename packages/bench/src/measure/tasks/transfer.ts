// Fine-tunes a pretrained network on a folder of class folders: the head alone, or the upper layers too.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { evaluation, type Dataset, type Image } from "@cajal/datasets";
import { imageFolder } from "@cajal/datasets/node";
import { summary } from "@cajal/models";
import { fineTune } from "@cajal/transfer";
import { isGraphFile } from "../../choices/imageModel";
import { graphBase, modelBase } from "../../choices/transferBase";
import { describeOnnx } from "../describeOnnx";
import type { CurvePoint } from "../record";
import { quiet } from "./shared";
import type { SingleTask } from "./task";

export interface TransferSettings {
  /** Folder with one folder of images per class. */
  readonly data: string;
  /** Epochs of the head alone, then of the head and the upper layers; 0 leaves these frozen. */
  readonly epochs: readonly [head: number, upper: number];
  /** A name of a network with published weights, or a file. */
  readonly source: string;
  readonly preprocess?: string;
}

export const transfer: SingleTask<TransferSettings> = {
  name: "transfer",
  async run({ engine, device, batch, seed = 42, threads, settings }, progress) {
    const { data, source, preprocess, epochs } = settings;
    const [head, upper] = epochs;
    const { signal } = new AbortController();
    const find = isGraphFile(source) ? graphBase : modelBase;
    const pretrained = await find(source, { ...(preprocess && { preprocess }) }, { progress: quiet, signal }); // prettier-ignore
    const { base, asInput, preprocessing, size: [height, width], batch: fixed } = pretrained; // prettier-ignore
    const prepare = evaluation({ name: source, input: [height, width, 3], preprocessing });
    const all = await imageFolder(data, { channels: 3, prepare: (image) => prepare(image) as Image<"float32"> }); // prettier-ignore
    const [training, validation] = all
      .batch(fixed ?? batch, { dropRemainder: fixed !== undefined })
      .split(0.8, { seed, stratify: true })
      .map((part) => part.map(({ x, y }) => ({ x: asInput(x), y }))) as [Dataset, Dataset];
    const cache = await mkdtemp(join(tmpdir(), "cajal-features-"));
    const curve: CurvePoint[] = [];
    let params = 0;
    const startTime = performance.now();
    const seconds = () => Number(((performance.now() - startTime) / 1000).toFixed(2));
    try {
      for await (const event of fineTune(base, training, {
        engine,
        device,
        threads,
        labels: all.classes!,
        stages: [{ epochs: head }, ...(upper > 0 ? [{ epochs: upper }] : [])],
        seed,
        validation,
        cache,
      }))
        if (event.type === "epoch") {
          curve.push({
            epoch: curve.length + 1,
            seconds: seconds(),
            loss: event.loss,
            val_accuracy: event.validation!.metrics.accuracy!,
          });
          progress(curve.length / (head + upper), `epoch ${curve.length} of ${head + upper}`);
        } else if (event.type === "tuned") params = "graph" in event.model ? describeOnnx(event.model, 0).params : summary(event.model).totalParams; // prettier-ignore
    } finally {
      await rm(cache, { recursive: true, force: true });
    }
    const top1 = curve.at(-1)!.val_accuracy;
    return [{ n: validation.size, top1, seconds: seconds(), params, curve }];
  },
};
