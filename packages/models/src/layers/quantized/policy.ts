// How a layer of Keras 3 is quantized, as its config says: by its dtype policy and its `quantization_config`.
// keras/src/dtype_policies/dtype_policy.py, keras/src/quantizers/quantization_config.py
import { CajalError } from "@cajal/core";
import type { Quantization } from "../definition/quantization";
import { showConfigValue } from "../definition/shown";

type Config = Readonly<Record<string, unknown>>;

/** What a policy of quantized types says, as "int8" or "int4/128"; undefined: it is another. */
function modeOf(dtype: unknown): string | undefined {
  if (typeof dtype === "string") return /^([a-z0-9/-]+)_from_/.exec(dtype)?.[1];
  const { config } = asObject(dtype);
  const { mode, name } = asObject(config);
  if (typeof mode === "string") return mode;
  return typeof name === "string" ? modeOf(name) : undefined;
}

/**
 * @param where the layer, for messages
 * @returns undefined where the layer is not quantized
 * @throws CajalError `unsupported` for what is not computed as Keras does
 */
export function quantizationOf(
  { dtype, quantization_config }: Config,
  where: string,
): Quantization | undefined {
  const mode = modeOf(dtype);
  if (mode === undefined) return undefined;
  const parts = /^int([48])(?:\/(-?\d+))?$/.exec(mode);
  if (!parts)
    throw new CajalError(
      "unsupported",
      `${where}: it is quantized as ${JSON.stringify(mode)}, expected int8 or int4. Quantize the model as these in Keras, or save it before it is quantized.`,
      { mode },
    );
  const bits = parts[1] === "8" ? 8 : 4;
  const block = parts[2] === undefined || Number(parts[2]) < 0 ? undefined : Number(parts[2]);
  // Without a config of its own an int8 layer rounds its inputs, an int4 one does not.
  const quantizer = isObject(quantization_config)
    ? asObject(quantization_config["config"])["activation_quantizer"]
    : bits === 8
      ? { class_name: "AbsMaxQuantizer", config: {} }
      : null;
  return {
    bits,
    ...(block !== undefined && { block }),
    ...(quantizer !== null && quantizer !== undefined && { inputs: inputsOf(quantizer, where) }),
  };
}

function inputsOf(quantizer: unknown, where: string): Quantization["inputs"] {
  const { class_name, config } = asObject(quantizer);
  const { value_range = [-127, 127], epsilon = 1e-7 } = asObject(config);
  const range: unknown[] = isObject(value_range) ? [value_range["items"]].flat() : [value_range].flat(); // prettier-ignore
  const [low, high] = range;
  if (
    class_name !== "AbsMaxQuantizer" ||
    typeof low !== "number" ||
    typeof high !== "number" ||
    typeof epsilon !== "number"
  )
    throw new CajalError(
      "unsupported",
      `${where}: its inputs are quantized by ${showConfigValue(quantizer)}, expected an AbsMaxQuantizer.`,
      { class_name },
    );
  return { low, high, epsilon };
}

const isObject = (value: unknown): value is Config =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const asObject = (value: unknown): Config => (isObject(value) ? value : {});
