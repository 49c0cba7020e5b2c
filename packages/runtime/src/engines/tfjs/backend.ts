// TF.js on a device. TF.js has one current backend per process; here each caller's backend is set and reset within
// one synchronous call, so that sessions on several devices, and a user's own TF.js code, do not interfere.
import { CajalError, isCajalError } from "@cajal/core";
import { inNode, noDevice, type DeviceChoice, type DeviceName } from "../../device/device";
import { deviceReason } from "../../device/reason";
import { installCommand } from "../../device/peers";
import { candidates } from "../engine";
import { tfjsDevices } from "./devices";
import {
  tfjsBackends,
  tfjsCore,
  tfjsLayers,
  type TfCore,
  type TfjsDevice,
  type TfLayers,
} from "./peers";
import { engineError } from "../../session/engineError";
import { withFasterKernels } from "./fasterKernels";
import { withGpuErrors, type ErrorScopes } from "./gpuErrors";
import { takeManyAxes } from "./manyAxes";
import { sumOverRepeated } from "./repeatedOperands";
import { divideIntoOne } from "./singleParts";
import { writePads } from "./writtenPads";

export interface Tfjs {
  readonly tf: TfCore;
  readonly layers: TfLayers;
  readonly device: DeviceName;
  /** Runs `body`, which must be synchronous, with this device's backend as the current one. */
  runOnBackend<T>(body: () => T): T;
  /**
   * Calls `start`, which computes and asks for its results before it first waits.
   *
   * @throws CajalError `engine` where the device could not compute a part of it, and says so only afterwards
   */
  checked<T>(start: () => Promise<T>): Promise<T>;
}

/**
 * Loads TF.js with the backend of a device.
 *
 * @throws CajalError `unknown-name`, `missing-peer`, `no-device`
 */
export async function tfjsOn(choice: DeviceChoice, of = tfjsDevices): Promise<Tfjs> {
  const devices = candidates(of, choice);
  const failures: unknown[] = [];
  for (const device of devices) {
    try {
      return await loadBackend(device);
    } catch (error) {
      // Of several candidates the next may be available.
      if (!isCajalError(error, "missing-peer") && !isCajalError(error, "no-device")) throw error;
      failures.push(error);
    }
  }
  if (devices.length === 1) throw failures[0];
  throw noDevice(
    "tfjs",
    choice,
    failures.map((error) => (error instanceof Error ? error.message : String(error))).join(" "),
    failures[0],
  );
}

// While a backend starts, TF.js has no current one, and nothing may be computed.
let backendStartup: Promise<unknown> = Promise.resolve();

async function loadBackend(device: DeviceName): Promise<Tfjs> {
  const { backend, load, peer } = tfjsBackends[device as TfjsDevice];
  const [tf, layers] = await loading(peer, () => Promise.all([tfjsCore(), tfjsLayers()]));
  const ready = backendStartup.then(async () => {
    // If there is no current backend yet, this one stays; otherwise the previous one is restored.
    const previousBackend = startedBackend(tf);
    await loading(peer, load);
    divideIntoOne(tf);
    sumOverRepeated(tf);
    if (backend === "webgl" || backend === "webgpu") takeManyAxes(tf, backend);
    if (backend === "wasm") writePads(tf, backend);
    if (tf.engine().registry[backend] !== undefined) return;
    try {
      if (!(await tf.setBackend(backend))) throw new Error("its backend did not start");
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw noDevice("tfjs", device, deviceReason(device, why), cause);
    } finally {
      if (previousBackend && previousBackend !== backend) await tf.setBackend(previousBackend);
    }
    // In Node this backend prints an advertisement for tfjs-node at its first use.
    if (backend === "cpu") Object.assign(tf.engine().registry[backend]!, { firstUse: false });
  });
  backendStartup = ready.catch(() => {});
  await ready;
  const gpu = backend === "webgpu" ? (tf.findBackend(backend) as { device?: ErrorScopes }).device : undefined; // prettier-ignore
  return {
    tf,
    layers,
    device,
    runOnBackend: (body) =>
      runWithBackend(tf, backend, backend === "cpu" ? () => withFasterKernels(tf, body) : body),
    checked: (start) => (gpu ? withGpuErrors(gpu, start) : start()),
  };
}

/** Loads peers; where one is missing, the error has the install command for all that the device needs. */
async function loading<T>(peer: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isCajalError(cause, "missing-peer"))
      throw engineError("tfjs", "loading its packages", cause);
    // The package is installed but broken: the original error is more precise.
    if (cause.facts["missing"] !== cause.facts["peer"]) throw cause;
    const corePeers = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"];
    const requiredPeers = [
      ...corePeers,
      peer,
      ...(peer.endsWith("-webgpu") && inNode ? ["webgpu"] : []),
    ];
    const install = installCommand(requiredPeers);
    throw new CajalError(
      "missing-peer",
      `engine tfjs: "${String(cause.facts["peer"])}" is not installed. All that this device needs: ${install}`,
      { ...cause.facts, install },
      { cause },
    );
  }
}

/** Resolves when no backend is starting; code that follows synchronously may compute. */
export async function backendsReady(): Promise<void> {
  let startup: Promise<unknown>;
  do {
    startup = backendStartup;
    await startup;
  } while (startup !== backendStartup);
}

/** The current backend. One that did not start keeps that name, but must not be set again: TF.js would retry. */
function startedBackend(tf: TfCore): string | undefined {
  const { backendName, registry } = tf.engine();
  return registry[backendName] === undefined ? undefined : backendName;
}

/** `setBackend` of a started backend takes effect synchronously, although it returns a promise. */
function runWithBackend<T>(tf: TfCore, backend: string, body: () => T): T {
  const previousBackend = startedBackend(tf);
  if (previousBackend === backend) return body();
  void tf.setBackend(backend);
  try {
    return body();
  } finally {
    if (previousBackend) void tf.setBackend(previousBackend);
  }
}
