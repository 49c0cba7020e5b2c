// The table of Keras' documentation, measured: size and cost of each network, its speed on every engine and device, and
// its accuracy where weights and images are available.
import { models as networks } from "@cajal/models";
import { devices as findDevices } from "@cajal/runtime";
import { checkModels, judgedName } from "../choices/checkModels";
import { isFile } from "../choices/isFile";
import { megabytesToFetch } from "../choices/weightsAtHand";
import type { Cell } from "../measure/cells";
import { chooseDevices, deviceLabel, withTf32 } from "../measure/places";
import { bubblesOf } from "../report/sections/bubbles";
import { failuresOf } from "../report/sections/failures";
import { latencyOf } from "../report/sections/latency";
import { memoryOf } from "../report/sections/memory";
import { tableOf } from "../report/sections/table";
import { cellSuite } from "./cells/cellSuite";

/** The ten of the table. */
export const tenNetworks = networks
  .filter(({ published }) => published?.depth !== undefined)
  .map(({ name }) => name);

export const table = cellSuite({
  name: "table",
  title: "The table, measured",
  description: "size, parameters, depth, latency on every device, accuracy where weights are",
  takes: ["models", "engines", "devices", "batches", "data", "preprocess", "rounds", "threads"],
  async plan(settings, { seed, signal }) {
    const { models = tenNetworks, engines, devices = ["all"], batches = [1], data } = settings;
    const { preprocess, threads } = settings;
    checkModels("table", models);
    const places = await findDevices({ signal });
    const selected = withTf32(
      chooseDevices(places, {
        engines: engines ?? [...new Set(places.map(({ engine }) => engine))],
        devices,
      }),
    );
    const onCpu = { engine: "onnx", device: "cpu" } as const;
    const cells = models.flatMap((model): Cell[] => {
      const facts = { model: judgedName(model) };
      const common = { suite: "table", facts };
      return [
        { ...common, job: { phase: "file", model, ...onCpu, batch: 1, seed } },
        ...batches.flatMap((batch) =>
          selected.map((place) => ({
            ...common,
            job: { phase: "predict", model, ...place, batch, seed, threads } as const,
            turns: `${model} ${batch}`,
          })),
        ),
        ...(data === undefined || megabytesToFetch(model) > 0
          ? []
          : [
              {
                ...common,
                job: {
                  phase: "accuracy",
                  model,
                  ...onCpu,
                  batch: 20,
                  seed,
                  threads,
                  settings: { models: [model], data, ...(preprocess && { preprocess }) },
                } as const,
              },
            ]),
      ];
    });
    const without = models.filter((model) => !isFile(model) && megabytesToFetch(model) > 0);
    return {
      cells,
      places,
      notes: [
        `Nothing is fetched. Times are of generated weights, on ${selected.map((place) => `${place.engine} ${deviceLabel(place)}`).join(", ")}; at most half a minute a network and device.`,
        ...(data === undefined
          ? ["Accuracy is judged where --data names a folder of labelled images."]
          : without.length > 0
            ? [`Without weights here, and so not judged: ${without.join(", ")}. Weights come to the cache by cajal predict --model <name>, or from the folder CAJAL_WEIGHTS.`] // prettier-ignore
            : []),
      ],
    };
  },
  sections: (records) => [
    ...tableOf(records),
    ...bubblesOf(records),
    ...latencyOf(records),
    ...memoryOf(records),
    ...failuresOf(records),
  ],
});
