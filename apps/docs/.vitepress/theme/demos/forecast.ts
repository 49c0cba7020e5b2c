// The network of the forecast demo and how it learns a series: for the demo's worker, and for the script that records
// what the demo shows before it starts.
import { tensor } from "@cajal/core";
import { functional } from "@cajal/models";
import { initialize, openTrainStep, type OpenOptions } from "@cajal/runtime";
import { adam, huber } from "@cajal/train";
import { ahead } from "./series";

/** How many values it looks back at, and how many updates it learns for. */
const [past, steps] = [12, 240];

export interface Forecast {
  readonly step: number;
  readonly loss: number;
  /** What comes next, 0 … 1. */
  readonly values: readonly number[];
}

/**
 * A network that learns the series it is called with and forecasts it after every 20 updates. Called again, it goes
 * on from what it knows of the series before.
 */
export async function forecaster(where: Pick<OpenOptions, "engine" | "device" | "threads">) {
  const net = functional("forecast");
  const window = net.input([past], { name: "past" });
  const hidden = net.layer("Dense", { units: 16, activation: "tanh" }, window);
  // What is learned is a change: the last values go past the layer.
  const next = net.layer("Dense", { units: 1 }, net.layer("Concatenate", {}, [hidden, window]));
  const model = net.model(window, next);
  const training = { loss: huber(), optimizer: adam({ learningRate: 0.01 }), verify: false };
  const step = await openTrainStep(model, initialize(model, { seed: 1 }), {
    ...where,
    ...training,
  });

  return async function* (series: readonly number[]): AsyncGenerator<Forecast, void> {
    const n = series.length - past;
    const windows = Array.from({ length: n }, (_, i) => series.slice(i, i + past)).flat();
    const x = tensor("float32", [n, past], windows);
    const y = tensor("float32", [n, 1], series.slice(past));
    for (let i = 1; i <= steps; i++) {
      const { loss } = await step.run({ x, y });
      if (i % 20 !== 0) continue;
      const longer = [...series];
      for (let k = 0; k < ahead; k++) {
        const { data } = await step.predict(tensor("float32", [1, past], longer.slice(-past)));
        longer.push(Number(data[0]));
      }
      yield { step: i, loss, values: longer.slice(-ahead) };
    }
  };
}
