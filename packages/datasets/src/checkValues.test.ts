// float16 is stored as bits, and a record of tensors is no tensor: refused wherever numbers are computed with.
import { tensor, type Tensor } from "@cajal/core";
import { describe, expect, it } from "vitest";
import { decibels, mfcc } from "./audio/mel";
import { stft } from "./audio/stft";
import { contactSheet } from "./images/contactSheet";
import { cutmix, mixup } from "./images/augment/mix";
import { channelStatistics } from "./transforms/channelStatistics";
import { gaussian } from "./transforms/gaussian";
import { oneHot } from "./transforms/oneHot";
import { pca } from "./transforms/pca";
import { randomFlip } from "./transforms/randomFlip";
import { randomCutmix } from "./transforms/randomMix";
import { rescale } from "./transforms/rescale";
import { standardize } from "./transforms/standardize";
import { windows } from "./transforms/windows";

const shares = tensor("float32", [2, 2]);
const classes = tensor("int32", [2]);
const context = { epoch: 0, index: 0, examples: Uint32Array.of(0, 1), tensor };
/** A dataset of one batch. */
const one = (x: Tensor, y: Tensor) => ({ batches: async function* () { yield { x, y }; } }) as never; // prettier-ignore

const uses: Record<string, (x: Tensor) => unknown> = {
  rescale: (x) => rescale(2)({ x, y: classes }),
  "oneHot y": (y) => oneHot(2)({ x: shares, y }),
  standardize: (x) => standardize(one(x, classes)),
  randomFlip: (x) => randomFlip({ seed: 1 })({ x, y: classes }, context),
  randomCutmix: (x) => randomCutmix({ seed: 1 })({ x, y: shares }, context),
  mixup: (x) => mixup({ x, y: shares }, 0.5),
  "mixup y": (y) => mixup({ x: shares, y }, 0.5),
  cutmix: (x) => cutmix({ x, y: shares }, { left: 0, top: 0, right: 1, bottom: 1 }),
  channelStatistics: (x) => channelStatistics((async function* () { yield { x, y: classes }; })()), // prettier-ignore
  "channelStatistics y": (y) => channelStatistics((async function* () { yield { x: shares, y }; })()), // prettier-ignore
  pca: (x) => pca(x),
  gaussian: (x) => gaussian(x),
  windows: (x) => windows(x, { length: 1 }),
  stft: (x) => stft(x, { fftSize: 2 }),
  decibels: (x) => decibels(x),
  mfcc: (x) => mfcc(x, { coefficients: 1 }),
  contactSheet: (x) => contactSheet(x),
};

describe.each(Object.keys(uses))("%s", (name) => {
  it("refuses float16", async () => {
    const halves = tensor("float16", [2, 2, 2, 1]);
    await expect((async () => uses[name]!(halves))()).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("refuses tensors by name", async () => {
    const records = { left: shares, right: shares } as never;
    await expect((async () => uses[name]!(records))()).rejects.toThrow(
      expect.objectContaining({ code: "bad-argument", message: expect.stringContaining("an object with left, right") as string }), // prettier-ignore
    );
  });
});
