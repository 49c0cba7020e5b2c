// Accuracy of pretrained networks on labelled images; all share one decoding of each image.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { CajalError } from "@cajal/core";
import { models as networks } from "@cajal/models";
import { devices as findDevices } from "@cajal/runtime";
import { checkModels } from "../choices/checkModels";
import { labelledImages, spread } from "../choices/labelledImages";
import { megabytesToFetch } from "../choices/weightsAtHand";
import { chooseDevices } from "../measure/places";
import { whole } from "../text/format";
import { failuresOf } from "../report/sections/failures";
import { tableOf } from "../report/sections/table";
import { cellSuite } from "./cells/cellSuite";

export const accuracy = cellSuite({
  name: "accuracy",
  title: "How well they read",
  description: "top-1 and top-5 on a folder of labelled images, published errors beside",
  takes: ["models", "engines", "devices", "data", "preprocess", "examples", "threads", "batches"],
  async plan(settings, { seed, signal, folder, fresh }) {
    const { data, preprocess, examples, threads, batches: [batch = 20] = [] } = settings;
    if (data === undefined)
      throw new CajalError(
        "bad-argument",
        "accuracy: expected --data <folder>: ImageNet's validation images, or any that are labelled.",
      );
    const images = spread(labelledImages(data), examples);
    const {
      models = networks.map(({ name }) => name).filter((name) => megabytesToFetch(name) === 0),
      engines = ["onnx"],
      devices = ["auto"],
    } = settings;
    if (models.length === 0)
      throw new CajalError(
        "bad-argument",
        "accuracy: no network has its weights here. Name some: --models MobileNet,ResNet50 fetches them.",
      );
    checkModels("accuracy", models);
    const missing = models.find((model) => megabytesToFetch(model) === Infinity);
    if (missing !== undefined)
      throw new CajalError("bad-argument", `${missing}: there are no weights of it.`, {
        model: missing,
      });
    const places = await findDevices({ signal });
    const fetched = models.reduce((sum, model) => sum + megabytesToFetch(model), 0);
    const jobs = chooseDevices(places, { engines, devices }).map(({ engine, device }) => ({
      engine,
      device,
      ...(folder !== undefined && { state: join(folder, `accuracy-${engine}-${device}.json`) }),
    }));
    if (fresh)
      for (const { state } of jobs) if (state !== undefined) await rm(state, { force: true });
    return {
      places,
      cells: jobs.map(({ engine, device, state }) => ({
        suite: "accuracy",
        job: {
          phase: "accuracy",
          model: models.join("+"),
          engine,
          device,
          batch,
          seed,
          threads,
          settings: {
            models,
            data,
            ...(preprocess !== undefined && { preprocess }),
            ...(examples !== undefined && { limit: examples }),
            ...(state !== undefined && { state }),
          },
        },
      })),
      notes: [
        `${whole(images.length)} images, ${models.length} ${models.length === 1 ? "network" : "networks"}; ${fetched === 0 ? "nothing is" : `${whole(fetched)} MB of weights are`} fetched. A killed run goes on from the last few seconds.`,
      ],
    };
  },
  sections: (records) => [...tableOf(records), ...failuresOf(records)],
});
