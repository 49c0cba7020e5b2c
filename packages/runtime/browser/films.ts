// Layers over films, which have five axes, on any device; in the browser, on those of TF.js for GPUs.
import { isCajalError, sizeOf, tensor } from "@cajal/core";
import { functional, type ModelConfig } from "@cajal/models";
import { initialize, open, type OpenOptions } from "../src/index";

type Net = ReturnType<typeof functional>;
type Film = ReturnType<Net["input"]>;

const layers: Readonly<Record<string, (net: Net, film: Film) => Film>> = {
  "a pool at the border": (net, film) => net.layer("AveragePooling3D", { padding: "same" }, film),
  "a dilated convolution": (net, film) => net.layer("Conv3D", { filters: 3, kernel_size: 2, dilation_rate: 2, bias_initializer: "ones" }, film), // prettier-ignore
  "a convolution in groups": (net, film) => net.layer("Conv3D", { filters: 4, kernel_size: 2, groups: 2, bias_initializer: "ones" }, film), // prettier-ignore
  "a transposed convolution": (net, film) => net.layer("Conv3DTranspose", { filters: 2, kernel_size: 3, strides: 2, padding: "same" }, film), // prettier-ignore
  padding: (net, film) => net.layer("ZeroPadding3D", { padding: [[1, 0], [0, 2], [1, 1]] }, film), // prettier-ignore
  "a count": (net, film) => net.layer("Discretization", { bin_boundaries: [0, 0.5], output_mode: "count" }, net.layer("Flatten", {}, film)), // prettier-ignore
};

function modelOf(layer: (net: Net, film: Film) => Film): ModelConfig {
  const net = functional("film");
  const film = net.input([5, 4, 3, 2]);
  return net.model(film, layer(net, film));
}

/** The values of each, or the code of an error. */
export async function filmsOn(options: OpenOptions): Promise<Record<string, number[] | string>> {
  const results: Record<string, number[] | string> = {};
  const shape = [2, 5, 4, 3, 2];
  const x = tensor(
    "float32",
    shape,
    Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)),
  );
  for (const [name, layer] of Object.entries(layers)) {
    const model = modelOf(layer);
    try {
      await using session = await open(model, initialize(model, { seed: 1 }), options);
      results[name] = Array.from((await session.predict(x)).data, Number);
    } catch (error) {
      results[name] = isCajalError(error) ? error.code : String(error);
    }
  }
  return results;
}

export default async function run() {
  const on = (device: "webgl" | "webgpu") => filmsOn({ engine: "tfjs", device, verify: false });
  return { webgl: await on("webgl"), webgpu: await on("webgpu") };
}
