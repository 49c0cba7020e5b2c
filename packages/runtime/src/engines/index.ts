// The list of engines.
import { unknownName } from "@cajal/core";
import type { DeviceChoice, EngineName } from "../device/device";
import type { Engine } from "./engine";
import { onnx } from "./onnx/onnx";
import { tfjs } from "./tfjs/tfjs";

export const engines: readonly Engine[] = [onnx, tfjs];

/**
 * The engine of that name, the first one if none is named.
 *
 * @throws CajalError `unknown-name` for one that does not exist, or a device that it does not have
 */
export function engineFor(name: EngineName = "onnx", device: DeviceChoice = "auto"): Engine {
  const engine = engines.find((each) => each.name === name);
  if (!engine)
    throw unknownName(
      "engine",
      name,
      engines.map((each) => each.name),
    );
  const choices = ["auto", "gpu", ...engine.devices.names];
  if (!choices.includes(device)) throw unknownName(`device of engine ${name}`, device, choices);
  return engine;
}
