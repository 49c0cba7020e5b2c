// The devices of engine tfjs: TF.js' backends.
import { inNode } from "../../device/device";
import { installedPath } from "../../device/installed";
import { probe } from "../../device/probe";
import type { EngineDevices } from "../engine";
import { tfjsBackends, tfjsCore, tfjsLayers, type TfjsDevice } from "./peers";

export const tfjsDevices: EngineDevices = {
  names: Object.keys(tfjsBackends) as TfjsDevice[],
  auto: inNode ? ["wasm", "cpu"] : ["webgpu", "webgl", "wasm", "cpu"],
  gpu: inNode ? ["node-gpu", "webgpu"] : ["webgpu", "webgl"],
  onlyOn: { webgl: "browsers", node: "Node", "node-gpu": "Node" },
  peers: (device) => {
    const layers = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"];
    return [backendOf(device).peer, ...layers, ...(device === "webgpu" ? ["webgpu"] : [])];
  },
  async probe(device, signal) {
    // TF.js' own JavaScript and WebAssembly run wherever Node does.
    if (device === "cpu" || device === "wasm") return true;
    const isDawn = device === "webgpu";
    const folder = installedPath(isDawn ? "webgpu" : backendOf(device).peer);
    return probe({ program: isDawn ? findAdapter : "require(argument.folder);", argument: { folder } }, signal); // prettier-ignore
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

/** The same for gradients: "auto" passes over wasm, which has no gradients of convolutions. */
export const gradientDevices: EngineDevices = {
  ...tfjsDevices,
  auto: tfjsDevices.auto.filter((device) => device !== "wasm"),
};
