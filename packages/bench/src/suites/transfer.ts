// Fine-tunes pretrained networks on a folder of class folders: the head alone, and with the upper layers.
import { basename } from "node:path";
import { CajalError } from "@cajal/core";
import { models as networks } from "@cajal/models";
import { devices as findDevices } from "@cajal/runtime";
import { checkModels, judgedName } from "../choices/checkModels";
import { checkOutside } from "../choices/checkOutside";
import { megabytesToFetch } from "../choices/weightsAtHand";
import type { Cell } from "../measure/cells";
import { curvesOf } from "../report/sections/curves";
import { failuresOf } from "../report/sections/failures";
import { cellSuite } from "./cells/cellSuite";

/** Epochs of the head alone, then of the head and the upper layers. */
const ways = { frozen: [15, 0], tuned: [15, 5] } as const;

export const transfer = cellSuite({
  name: "transfer",
  title: "What pretrained networks learn",
  description: "each pretrained network at hand learns your folder, frozen and tuned",
  takes: ["models", "data", "preprocess", "batches", "threads"],
  async plan(
    { data, preprocess, threads, batches: [batch = 16] = [], ...settings },
    { seed, signal, folder },
  ) {
    if (data === undefined)
      throw new CajalError(
        "bad-argument",
        "transfer: expected --data <folder> with a folder of pictures for each class.",
      );
    if (folder !== undefined) checkOutside(folder, data);
    const { models = networks.map(({ name }) => name).filter((name) => megabytesToFetch(name) === 0) } = settings; // prettier-ignore
    if (models.length === 0)
      throw new CajalError(
        "bad-argument",
        "transfer: no network has its weights here. Name some: --models MobileNet fetches them.",
      );
    checkModels("transfer", models);
    const cells = models.flatMap((source) =>
      Object.entries(ways).map(([way, epochs]): Cell => ({
        suite: "transfer",
        job: {
          phase: "accuracy",
          task: "transfer",
          model: `${judgedName(source)}, ${way}`,
          dataset: basename(data),
          engine: "onnx",
          device: "cpu",
          batch,
          seed,
          threads,
          settings: { source, data, epochs, ...(preprocess !== undefined && { preprocess }) },
        },
        patience: 1200,
      })),
    );
    const fetched = models.map(megabytesToFetch).reduce((sum, size) => sum + size, 0);
    return {
      cells,
      places: await findDevices({ signal }),
      notes: [
        fetched > 0 ? `${Math.round(fetched)} MB of weights are fetched.` : "Nothing is fetched.",
      ],
    };
  },
  sections: (records) => [...curvesOf(records), ...failuresOf(records)],
});
