// Times predictions of a network for a random batch.
import { open } from "@cajal/runtime";
import { networkOf, noise } from "./shared";
import type { TimedTask } from "./task";

export const predict: TimedTask = {
  name: "predict",
  async open({ model: name, engine, device, batch, seed = 42, threads }) {
    const { model, weights, input } = await networkOf(name, seed);
    const session = await open(model, weights, { engine, device, threads });
    const x = noise([batch, ...input], seed);
    return {
      step: () => session.predict(x),
      device: session.device,
      prove: () => session.predict(noise([1, ...input], seed)),
      dispose: () => session.dispose(),
    };
  },
};
