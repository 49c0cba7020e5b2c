// Speed of networks: times, memory, and the share of the device's peak performance, by batch size.
import { modelFacts, summary } from "@cajal/models";
import { devices as findDevices } from "@cajal/runtime";
import { recordName } from "../choices/networks";
import type { Cell } from "../measure/cells";
import { chooseDevices, isGpuName, withTf32 } from "../measure/places";
import { failuresOf } from "../report/sections/failures";
import { latencyOf } from "../report/sections/latency";
import { memoryOf } from "../report/sections/memory";
import { rooflineOf } from "../report/sections/roofline";
import { cellSuite } from "./cells/cellSuite";

/** Matrix products that show a device's peak performance: of large matrices, and of a matrix larger than any cache with a vector. */
const products = (device: string) =>
  isGpuName(device)
    ? [
        { model: "matmul", rows: 2048, size: 4096, layers: 8 },
        { model: "matvec", rows: 1, size: 4096, layers: 8 },
      ]
    : [
        { model: "matmul", rows: 1024, size: 1024, layers: 1 },
        { model: "matvec", rows: 1, size: 4096, layers: 1 },
      ];

export const speed = cellSuite({
  name: "speed",
  title: "How fast, on what",
  description: "times by network, device and batch size, memory, share of the peak",
  takes: ["models", "engines", "devices", "batches", "rounds", "threads"],
  async plan(settings, { seed, signal }) {
    const { models = ["lenet5", "mobilenet", "resnet50"], batches = [1, 8, 32, 128] } = settings;
    const { engines, devices = ["all"], threads } = settings;
    const places = await findDevices({ signal });
    const selected = withTf32(
      chooseDevices(places, {
        engines: engines ?? [...new Set(places.map(({ engine }) => engine))],
        devices,
      }),
    );
    const peaks = selected.flatMap((place) =>
      products(place.device).map(({ model, rows, size, layers }): Cell => ({
        suite: "speed",
        job: {
          phase: "peak",
          model,
          ...place,
          batch: rows,
          seed,
          threads,
          settings: { size, layers },
        },
        facts: { macs: layers * size ** 2 },
        turns: model,
      })),
    );
    const cells = models.flatMap((model) => {
      const { totalParams: params, macs } = summary(modelFacts(model).build());
      return batches.flatMap((batch) =>
        selected.map((place): Cell => ({
          suite: "speed",
          job: { phase: "predict", model: recordName(model), ...place, batch, seed, threads },
          facts: { params, macs },
          turns: `${model} ${batch}`,
        })),
      );
    });
    return {
      cells: [...peaks, ...cells],
      places,
      notes: [`Nothing is fetched; at most half a minute for each of ${peaks.length + cells.length} measurements.`], // prettier-ignore
    };
  },
  sections: (records) => [
    ...latencyOf(records),
    ...rooflineOf(records),
    ...memoryOf(records),
    ...failuresOf(records),
  ],
});
