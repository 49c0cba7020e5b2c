import { expect, it } from "vitest";
import type { DeviceInfo } from "@cajal/runtime";
import { chooseDevices, choosePlaces } from "./places";

const all = [
  { engine: "onnx", device: "cpu", available: true, auto: true },
  { engine: "tfjs", device: "wasm", available: true, auto: true },
  { engine: "tfjs", device: "cpu", available: true },
] as unknown as DeviceInfo[];

it.each([
  [["cpu", "cpu"], ["onnx cpu", "tfjs cpu"], ["onnx cpu", "tfjs cpu"]],
  [["all", "wasm"], ["onnx cpu", "tfjs wasm", "tfjs cpu"], ["onnx cpu", "tfjs wasm", "tfjs cpu"]],
  [["auto", "cpu"], ["onnx auto", "tfjs auto", "onnx cpu", "tfjs cpu"], ["onnx cpu", "tfjs wasm", "tfjs cpu"]],
])("takes each device of %s once", (devices, places, named) => {
  const choice = { engines: ["onnx", "tfjs"], devices };
  const text = (chosen: ReturnType<typeof choosePlaces>) => chosen.map(({ engine, device }) => `${engine} ${device}`);
  expect(text(choosePlaces(all, choice))).toEqual(places);
  expect(text(chooseDevices(all, choice))).toEqual(named);
}); // prettier-ignore
