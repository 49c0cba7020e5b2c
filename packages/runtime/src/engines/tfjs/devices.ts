// The devices of engine tfjs: TF.js' backends.
import { inNode, type DeviceChoice } from "../../device/device";
import { installedPath } from "../../device/installed";
import { probe } from "../../device/probe";
import type { EngineDevices } from "../engine";
import { tfjsBackends, tfjsCore, tfjsLayers, type TfjsDevice } from "./peers";

export const tfjsDevices: EngineDevices = {
  names: Object.keys(tfjsBackends) as TfjsDevice[],
  auto: inNode ? ["wasm", "cpu"] : ["webgpu", "webgl", "wasm", "cpu"],
  gpu: inNode ? ["node-gpu", "webgpu"] : ["webgpu", "webgl"],
  only: { webgl: "browsers", node: "Node", "node-gpu": "Node" },
  peers: (device) => {
    const layers = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"];
    return [backendOf(device).peer, ...layers, ...(device === "webgpu" ? ["webgpu"] : [])];
  },
  async probe(device, signal) {
    // TF.js' own JavaScript and WebAssembly run wherever Node does.
    if (device === "cpu" || device === "wasm") return true;
    const dawn = device === "webgpu";
    const folder = installedPath(dawn ? "webgpu" : backendOf(device).peer);
    return probe({ program: dawn ? findAdapter : "require(argument.folder);", argument: { folder } }, signal); // prettier-ignore
  },
  async load(device) {
    const [{ version_core: version }] = await Promise.all([
      tfjsCore(),
      tfjsLayers(),
      backendOf(device).load(),
    ]);
    return version;
  },
};

const backendOf = (device: string) => tfjsBackends[device as TfjsDevice];

const findAdapter = `
    const { create, globals } = require(argument.folder);
    Object.assign(globalThis, globals);
    if (!(await create([]).requestAdapter())) throw new Error("no adapter");
`;

/** What "auto" stands for where gradients are wanted: in Node cpu, for wasm has none of convolutions. */
export const differentiating = (choice: DeviceChoice): DeviceChoice =>
  choice === "auto" && inNode ? "cpu" : choice;
