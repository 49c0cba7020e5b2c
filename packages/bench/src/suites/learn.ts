// Trains small networks of the table's families from scratch, each on the same number of examples.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { devices as findDevices } from "@cajal/runtime";
import { imageSet } from "../choices/imageSets";
import { smallNetworks, spelledName } from "../choices/smallNetworks";
import type { Cell } from "../measure/cells";
import { chooseDevices } from "../measure/places";
import { whole } from "../text/format";
import { curvesOf } from "../report/sections/curves";
import { failuresOf } from "../report/sections/failures";
import { cellSuite } from "./cells/cellSuite";

export const learn = cellSuite({
  name: "learn",
  title: "From scratch, under one budget",
  description: "small networks of six families learn digits, MNIST, CIFAR-10: accuracy by cost",
  takes: ["models", "datasets", "data", "examples", "engines", "devices", "batches", "threads"],
  async plan(settings, { seed, signal }) {
    const { datasets = ["digits"], data, examples = 24_000, threads } = settings;
    const models = (settings.models ?? ["LeNet5", ...smallNetworks.map(({ name }) => name)]).map(spelledName); // prettier-ignore
    const { engines = ["onnx"], devices = ["auto"] } = settings;
    const places = await findDevices({ signal });
    const cells = datasets.flatMap((dataset) => {
      const { name, recipe } = imageSet(dataset);
      const { batches: [batch = recipe.batch] = [] } = settings;
      // A folder of data sets has one for each.
      const folder = data === undefined ? undefined : [join(data, name), data].find((path) => existsSync(path)); // prettier-ignore
      return models.flatMap((model) =>
        chooseDevices(places, { engines, devices }).map(({ engine, device }): Cell => ({
          suite: "learn",
          job: {
            phase: "accuracy",
            task: "learn",
            model,
            dataset: name,
            engine,
            device,
            batch,
            seed,
            threads,
            settings: {
              examples,
              ...(folder !== undefined && name !== "digits" && { data: folder }),
            },
          },
          patience: 600,
        })),
      );
    });
    return {
      cells,
      places,
      notes: [
        `Each network learns from about ${whole(examples)} examples of ${datasets.join(", ")}: half a minute to two minutes each on two cores. ${data === undefined && datasets.some((name) => name !== "digits") ? "Data sets that are not in the cache are fetched: 12 MB for MNIST, 170 MB for CIFAR-10." : "Nothing is fetched."}`,
      ],
    };
  },
  sections: (records) => [...curvesOf(records), ...failuresOf(records)],
});
