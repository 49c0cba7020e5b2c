// What this machine can run, and why not the rest.
import {
  candidates,
  devicesOf,
  engineNames,
  inNode,
  type DeviceName,
  type EngineName,
} from "./device";
import { deviceReason } from "./reason";
import { installedVersion } from "./installed";
import { probe } from "./probe";
import { installCommand, onnxruntimeWeb, tfjsBackends, tfjsCore, tfjsLayers } from "./peers";

export interface DeviceInfo {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly available: boolean;
  /** Why it is not available, and what to do about it. */
  readonly reason?: string;
  /** Of the engine's package, e.g. "1.30.0". */
  readonly version?: string;
  /** Whether `auto` means this one. */
  readonly auto: boolean;
}

/**
 * Every engine and device that Cajal knows, and whether it can be used here. GPUs and native
 * bindings are tried out in processes of their own, for some of them abort rather than fail.
 *
 * @example (await devices()).filter(({ available }) => available)
 */
export async function devices({ signal }: { signal?: AbortSignal } = {}): Promise<DeviceInfo[]> {
  const all = engineNames.flatMap((engine) =>
    devicesOf[engine].map(async (device) => {
      const found = await (inNode
        ? findInNode(engine, device, signal)
        : findInBrowser(engine, device));
      return { engine, device, available: found.reason === undefined, ...found };
    }),
  );
  const found = await Promise.all(all);
  signal?.throwIfAborted();
  const auto = engineNames.map((engine) => {
    const first = candidates(engine, "auto").find((device) =>
      found.some((each) => each.engine === engine && each.device === device && each.available),
    );
    return found.find((each) => each.engine === engine && each.device === first);
  });
  return found.map((each) => ({ ...each, auto: auto.includes(each) }));
}

interface Finding {
  readonly reason?: string;
  readonly version?: string;
}

/** The packages that an engine needs for a device in Node, its own first. */
function peersInNode(engine: EngineName, device: DeviceName): readonly string[] {
  if (engine === "onnx") return [device === "wasm" ? "onnxruntime-web" : "onnxruntime-node"];
  if (device === "cuda") return [];
  const layers = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"];
  return [tfjsBackends[device].peer, ...layers, ...(device === "webgpu" ? ["webgpu"] : [])];
}

async function findInNode(
  engine: EngineName,
  device: DeviceName,
  signal?: AbortSignal,
): Promise<Finding> {
  if (device === "webgl") return { reason: "WebGL exists in browsers only." };
  const peers = peersInNode(engine, device);
  const missing = peers.filter((peer) => installedVersion(peer) === undefined);
  if (missing.length > 0) return { reason: `not installed: ${installCommand(missing)}` };
  const version = installedVersion(peers[0]!);
  // The CPU needs no trial: the peers' own JavaScript and WebAssembly run wherever Node does.
  const tried =
    engine === "onnx"
      ? device === "wasm" || (await probe({ kind: "onnx", device, signal }))
      : device === "webgpu"
        ? await probe({ kind: "webgpu", device, signal })
        : device === "node" || device === "node-gpu"
          ? await probe({ kind: "import", device: peers[0]!, signal })
          : true;
  return tried === true ? { version } : { version, reason: deviceReason(device, tried) };
}

async function findInBrowser(engine: EngineName, device: DeviceName): Promise<Finding> {
  if (["cuda", "node", "node-gpu"].includes(device) || (engine === "onnx" && device === "cpu"))
    return { reason: "exists in Node only." };
  if (device === "webgpu" && !(await hasWebGpu()))
    return { reason: "this browser offers no WebGPU adapter." };
  if (device === "webgl" && !hasWebGl()) return { reason: "this browser offers no WebGL 2." };
  try {
    if (engine === "onnx") {
      const { env } = await onnxruntimeWeb(device === "webgpu" ? "webgpu" : "wasm");
      return { version: env.versions.web };
    }
    if (device === "cuda") return { reason: "exists in Node only." };
    const [{ version_core: version }] = await Promise.all([
      tfjsCore(),
      tfjsLayers(),
      tfjsBackends[device].load(),
    ]);
    return { version };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

async function hasWebGpu(): Promise<boolean> {
  try {
    const gpu: { requestAdapter(): Promise<unknown> } | undefined =
      "gpu" in navigator ? (navigator.gpu as { requestAdapter(): Promise<unknown> }) : undefined;
    return gpu !== undefined && Boolean(await gpu.requestAdapter());
  } catch {
    return false;
  }
}

function hasWebGl(): boolean {
  return (
    typeof OffscreenCanvas !== "undefined" &&
    new OffscreenCanvas(1, 1).getContext("webgl2") !== null
  );
}
