// The engines' own packages: optional peers, imported when they are used. What runs in browsers is
// written out, so that bundlers find it; what only Node can load is kept out of their sight.
import { CajalError, importPeer } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type * as ort from "onnxruntime-common";
import type * as webgpu from "webgpu";
import { inNode } from "./device";

/** What both builds of ONNX Runtime offer. */
export type Ort = Pick<typeof ort, "InferenceSession" | "Tensor" | "env">;

/** ONNX Runtime's native build, for Node. */
export const onnxruntimeNode = () =>
  importPeer("onnxruntime-node", () => importInNode<Ort>("onnxruntime-node"));

/** ONNX Runtime in WebAssembly: in browsers, and in Node too. */
export const onnxruntimeWeb = (): Promise<Ort> =>
  importPeer("onnxruntime-web", () => import("onnxruntime-web"));

export type TfCore = typeof tfc;
export type TfLayers = typeof tfl;

export const tfjsCore = (): Promise<TfCore> =>
  importPeer("@tensorflow/tfjs-core", () => import("@tensorflow/tfjs-core"));

export const tfjsLayers = (): Promise<TfLayers> =>
  importPeer("@tensorflow/tfjs-layers", () => import("@tensorflow/tfjs-layers"));

/** TF.js' backends; importing one registers it with TF.js under its name. */
export const tfjsBackends = {
  cpu: {
    peer: "@tensorflow/tfjs-backend-cpu",
    backend: "cpu",
    load: (): Promise<unknown> =>
      importPeer("@tensorflow/tfjs-backend-cpu", () => import("@tensorflow/tfjs-backend-cpu")),
  },
  wasm: {
    peer: "@tensorflow/tfjs-backend-wasm",
    backend: "wasm",
    load: (): Promise<unknown> =>
      importPeer("@tensorflow/tfjs-backend-wasm", () => import("@tensorflow/tfjs-backend-wasm")),
  },
  webgl: {
    peer: "@tensorflow/tfjs-backend-webgl",
    backend: "webgl",
    load: (): Promise<unknown> =>
      importPeer("@tensorflow/tfjs-backend-webgl", () => import("@tensorflow/tfjs-backend-webgl")),
  },
  webgpu: {
    peer: "@tensorflow/tfjs-backend-webgpu",
    backend: "webgpu",
    load: async (): Promise<unknown> => {
      if (inNode) await putWebGpuInPlace();
      return importPeer(
        "@tensorflow/tfjs-backend-webgpu",
        () => import("@tensorflow/tfjs-backend-webgpu"),
      );
    },
  },
  node: {
    peer: "@tensorflow/tfjs-node",
    backend: "tensorflow",
    load: (): Promise<unknown> =>
      importPeer("@tensorflow/tfjs-node", () => importInNode("@tensorflow/tfjs-node")),
  },
  "node-gpu": {
    peer: "@tensorflow/tfjs-node-gpu",
    backend: "tensorflow",
    load: (): Promise<unknown> =>
      importPeer("@tensorflow/tfjs-node-gpu", () => importInNode("@tensorflow/tfjs-node-gpu")),
  },
} as const;

/** Node has no WebGPU of its own: package `webgpu` (Dawn) brings it, as globals and `navigator.gpu`. */
async function putWebGpuInPlace(): Promise<void> {
  if (typeof navigator !== "undefined" && "gpu" in navigator) return;
  const { create, globals } = await importPeer("webgpu", () =>
    importInNode<typeof webgpu>("webgpu"),
  );
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // Node 20 has no navigator, later ones have one without gpu.
  if (typeof navigator === "undefined")
    Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  else Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
}

/** An import that bundlers do not follow, for packages with native parts. */
async function importInNode<T>(name: string): Promise<T> {
  if (!inNode) throw new CajalError("no-device", `"${name}" runs in Node only.`, { peer: name });
  const module: T & { default?: T } = await import(
    /* @vite-ignore */ /* webpackIgnore: true */ name
  );
  return module.default ?? module;
}
