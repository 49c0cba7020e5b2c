// Matrix products, which show the peak performance of a device, for rooflines. With one row it is a matrix times a
// vector, which shows the memory bandwidth.
import { functional } from "@cajal/models";
import { initialize, open } from "@cajal/runtime";
import { noise } from "./shared";
import type { TimedTask } from "./task";

export const peak: TimedTask = {
  name: "peak",
  /**
   * `batch` rows times `settings.size` rows and columns, and the result again, `settings.layers` times in all: a
   * GPU takes longer to be handed rows than to multiply them once.
   */
  async open({ engine, device, batch, seed = 42, threads, settings }) {
    const size = Number(settings?.size);
    const layers = Number(settings?.layers ?? 1);
    // A dense layer without bias, which every engine has.
    const net = functional("matmul");
    const rows = net.input([size]);
    let products = rows;
    for (let i = 0; i < layers; i++)
      products = net.layer("Dense", { units: size, use_bias: false }, products);
    const model = net.model(rows, products);
    const session = await open(model, initialize(model, { seed }), { engine, device, threads });
    const x = noise([batch, size], seed);
    return {
      step: () => session.predict(x),
      device: session.device,
      dispose: () => session.dispose(),
    };
  },
};
