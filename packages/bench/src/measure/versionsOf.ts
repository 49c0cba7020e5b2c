// The packages and versions that ran, for records.
import type { DeviceInfo } from "@cajal/runtime";
import { cajalVersion } from "./cajalVersion";

/** Package → version of what takes part when a network runs there; nowhere, where no engine does. */
export const versionsOf = (place?: DeviceInfo): Record<string, string> => ({
  node: process.versions.node,
  "@cajal/bench": cajalVersion,
  ...(place && { [packageOf(place)]: place.version ?? "unknown" }),
});

/** The package that computes. */
function packageOf({ engine, device }: DeviceInfo): string {
  if (engine === "onnx") return device === "wasm" ? "onnxruntime-web" : "onnxruntime-node";
  return device.startsWith("node")
    ? `@tensorflow/tfjs-${device}`
    : `@tensorflow/tfjs-backend-${device}`;
}

/** The place of a session or a training step among those that there are. */
export function placeOf(
  places: readonly DeviceInfo[],
  { engine, device }: { engine: string; device: string },
): DeviceInfo {
  const match = places.find((place) => place.engine === engine && place.device === device);
  if (match === undefined) throw new RangeError(`no place ${engine} ${device}`);
  return match;
}
