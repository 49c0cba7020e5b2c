// TF.js' packages: optional peers, imported when they are used. What runs in browsers is written out, so that
// bundlers find it.
import { peerError } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type * as webgpu from "webgpu";
import { inNode } from "../../device/device";
import { importInNode } from "../../device/peers";

export type TfCore = typeof tfc;
export type TfLayers = typeof tfl;

export async function tfjsCore(): Promise<TfCore> {
  try {
    return await import("@tensorflow/tfjs-core");
  } catch (cause) {
    throw peerError("@tensorflow/tfjs-core", cause);
  }
}

export async function tfjsLayers(): Promise<TfLayers> {
  try {
    return await import("@tensorflow/tfjs-layers");
  } catch (cause) {
    throw peerError("@tensorflow/tfjs-layers", cause);
  }
}

/** A device of engine tfjs. */
export type TfjsDevice = keyof typeof tfjsBackends;

/** TF.js' backends by device; importing one registers it with TF.js under its name. */
export const tfjsBackends = {
  cpu: {
    peer: "@tensorflow/tfjs-backend-cpu",
    backend: "cpu",
    async load(): Promise<unknown> {
      try {
        return await import("@tensorflow/tfjs-backend-cpu");
      } catch (cause) {
        throw peerError("@tensorflow/tfjs-backend-cpu", cause);
      }
    },
  },
  wasm: {
    peer: "@tensorflow/tfjs-backend-wasm",
    backend: "wasm",
    async load(): Promise<unknown> {
      try {
        return await import("@tensorflow/tfjs-backend-wasm");
      } catch (cause) {
        throw peerError("@tensorflow/tfjs-backend-wasm", cause);
      }
    },
  },
  webgl: {
    peer: "@tensorflow/tfjs-backend-webgl",
    backend: "webgl",
    async load(): Promise<unknown> {
      try {
        return await import("@tensorflow/tfjs-backend-webgl");
      } catch (cause) {
        throw peerError("@tensorflow/tfjs-backend-webgl", cause);
      }
    },
  },
  webgpu: {
    peer: "@tensorflow/tfjs-backend-webgpu",
    backend: "webgpu",
    async load(): Promise<unknown> {
      if (inNode) await putWebGpuInPlace();
      try {
        return await import("@tensorflow/tfjs-backend-webgpu");
      } catch (cause) {
        throw peerError("@tensorflow/tfjs-backend-webgpu", cause);
      }
    },
  },
  node: {
    peer: "@tensorflow/tfjs-node",
    backend: "tensorflow",
    load: (): Promise<unknown> => importInNode("@tensorflow/tfjs-node"),
  },
  "node-gpu": {
    peer: "@tensorflow/tfjs-node-gpu",
    backend: "tensorflow",
    load: (): Promise<unknown> => importInNode("@tensorflow/tfjs-node-gpu"),
  },
} as const;

/** Node has no WebGPU of its own: package `webgpu` (Dawn) provides it, as globals and `navigator.gpu`. */
async function putWebGpuInPlace(): Promise<void> {
  if (typeof navigator !== "undefined" && "gpu" in navigator) return;
  const { create, globals } = await importInNode<typeof webgpu>("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  // Node 20 has no navigator, later ones have one without gpu.
  if (typeof navigator === "undefined")
    Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true });
  else Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
}

/** The release that Cajal's own tests use for training. */
export const testedVersions = { "@tensorflow/tfjs-core": "4.22.0" } as const;
