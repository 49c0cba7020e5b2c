// The engines' own packages: optional peers, imported when they are used. What runs in browsers is
// written out, so that bundlers find it; what only Node can load is kept out of their sight.
import { CajalError, importPeer, peerError } from "@cajal/core";
import type * as tfc from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type * as ort from "onnxruntime-common";
import type * as webgpu from "webgpu";
import { inNode } from "./device";
import { installedVersion } from "./installed";
import { turnTelemetryOff } from "./telemetry";

/** What both builds of ONNX Runtime offer. */
export type Ort = Pick<typeof ort, "InferenceSession" | "Tensor" | "env">;

/** ONNX Runtime's native build, for Node; without its telemetry. */
export function onnxruntimeNode(): Promise<Ort> {
  if (inNode) turnTelemetryOff();
  return importInNode<Ort>("onnxruntime-node");
}

/**
 * ONNX Runtime in WebAssembly. In browsers it has a build for the CPU alone and one, of twice the size,
 * for WebGPU too; where the latter is loaded already, it serves both.
 */
export function onnxruntimeWeb(device: "wasm" | "webgpu"): Promise<Ort> {
  if (inNode) return importInNode<Ort>("onnxruntime-web");
  if (device === "webgpu") return (ofWebGpu ??= webGpuBuild());
  return ofWebGpu?.catch(wasmBuild) ?? wasmBuild();
}

let ofWebGpu: Promise<Ort> | undefined;

async function wasmBuild(): Promise<Ort> {
  try {
    return await import("onnxruntime-web/wasm");
  } catch (cause) {
    throw peerError("onnxruntime-web", cause);
  }
}

async function webGpuBuild(): Promise<Ort> {
  try {
    return await import("onnxruntime-web/webgpu");
  } catch (cause) {
    throw peerError("onnxruntime-web", cause);
  }
}

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

/** TF.js' backends; importing one registers it with TF.js under its name. */
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

/** Node has no WebGPU of its own: package `webgpu` (Dawn) brings it, as globals and `navigator.gpu`. */
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

/** An import that bundlers do not follow, for packages with native parts. */
async function importInNode<T>(name: string): Promise<T> {
  if (!inNode) throw new CajalError("no-device", `"${name}" runs in Node only.`, { peer: name });
  const load = (): Promise<T & { default?: T }> =>
    import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  const module = await importPeer(name, load, { install: installCommand([name]) });
  return module.default ?? module;
}

/**
 * The command that installs peers. onnxruntime-node's install script fetches CUDA libraries from another
 * host than npm's, and fails the whole installation where that cannot be reached; all else it brings itself.
 */
export const installCommand = (peers: readonly string[]): string =>
  `npm install ${peers.join(" ")}${peers.includes("onnxruntime-node") ? " --ignore-scripts" : ""}`;

/** The releases that Cajal's own tests run on. */
export const testedVersions = {
  "onnxruntime-node": "1.30.0",
  "@tensorflow/tfjs-core": "4.22.0",
} as const;

/** Whether what would be imported here, in Node, is the release that Cajal's own tests run on. */
export const isTested = (peer: keyof typeof testedVersions): boolean =>
  inNode && installedVersion(peer) === testedVersions[peer];
