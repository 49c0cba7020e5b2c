// Which engines and devices this machine can use, and why not the others.
import { inNode, type DeviceName, type EngineName } from "./device/device";
import { installedVersion } from "./device/installed";
import { installCommand } from "./device/peers";
import { deviceReason } from "./device/reason";
import { hasWebGpu } from "./device/webGpu";
import { engines } from "./engines";
import type { EngineDevices } from "./engines/engine";

export interface DeviceInfo {
  readonly engine: EngineName;
  readonly device: DeviceName;
  readonly available: boolean;
  /** Why the device is not available, and what to do about it; absent where it is. */
  readonly reason?: string;
  /** Version of the engine's package, e.g. "1.30.0". */
  readonly version?: string;
  /** Whether `device: "auto"` selects this one. */
  readonly auto: boolean;
}

/**
 * Lists every engine and device that Cajal supports, and whether it can be used here. GPUs and native
 * bindings are probed in child processes, because some of them abort rather than fail.
 *
 * @example (await devices()).filter(({ available }) => available)
 */
export async function devices({
  signal,
}: {
  /** Aborts the probes. */
  signal?: AbortSignal;
} = {}): Promise<DeviceInfo[]> {
  const all = await Promise.all(
    engines.flatMap(({ name: engine, devices }) =>
      devices.names.map(async (device) => {
        const finding = await find(devices, device, signal);
        return { engine, device, available: finding.reason === undefined, ...finding };
      }),
    ),
  );
  signal?.throwIfAborted();
  const auto = engines.map(({ name, devices }) => {
    const ofEngine = all.filter(({ engine, available }) => engine === name && available);
    const first = devices.auto.find((device) => ofEngine.some((each) => each.device === device));
    return ofEngine.find(({ device }) => device === first);
  });
  return all.map((each) => ({ ...each, auto: auto.includes(each) }));
}

interface Finding {
  readonly reason?: string;
  readonly version?: string;
}

async function find(
  devices: EngineDevices,
  device: DeviceName,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const platform = devices.onlyOn[device];
  if (platform !== undefined && (platform === "Node") !== inNode)
    return { reason: `exists in ${platform} only.` };
  return inNode ? findInNode(devices, device, signal) : findInBrowser(devices, device);
}

async function findInNode(
  devices: EngineDevices,
  device: DeviceName,
  signal: AbortSignal | undefined,
): Promise<Finding> {
  const peers = devices.peers(device);
  const missing = peers.filter((peer) => installedVersion(peer) === undefined);
  if (missing.length > 0) return { reason: `not installed: ${installCommand(missing)}` };
  const version = installedVersion(peers[0]!);
  const probeResult = await devices.probe(device, signal);
  return probeResult === true
    ? { version }
    : { version, reason: deviceReason(device, probeResult) };
}

async function findInBrowser(devices: EngineDevices, device: DeviceName): Promise<Finding> {
  if (device === "webgpu" && !(await hasWebGpu()))
    return { reason: "this browser offers no WebGPU adapter." };
  if (device === "webgl" && !hasWebGl()) return { reason: "this browser offers no WebGL 2." };
  try {
    return { version: await devices.load(device) };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

function hasWebGl(): boolean {
  return (
    typeof OffscreenCanvas !== "undefined" &&
    new OffscreenCanvas(1, 1).getContext("webgl2") !== null
  );
}
