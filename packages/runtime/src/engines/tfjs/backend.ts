// TF.js on a device. TF.js has one current backend for all of a process; here each caller runs under
// its own, switched to and back within one synchronous stretch, so that sessions on several devices,
// and a user's own TF.js code, do not meet.
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

export interface Tfjs {
  readonly tf: TfCore;
  readonly layers: TfLayers;
  readonly device: DeviceName;
  /** Runs `body`, which must not be asynchronous, with this device's backend as the current one. */
  on<T>(body: () => T): T;
}

/**
 * TF.js with the backend of a device ready.
 *
 * @throws CajalError `unknown-name`, `missing-peer`, `no-device`
 */
export async function tfjsOn(choice: DeviceChoice): Promise<Tfjs> {
  const devices = candidates(tfjsDevices, choice);
  const failures: unknown[] = [];
  for (const device of devices) {
    try {
      return await withBackend(device);
    } catch (error) {
      // Several candidates: the next may be there. The last one's reason is the one to tell.
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

// While a backend gets ready, TF.js has no current one: nobody may compute meanwhile.
let gettingReady: Promise<unknown> = Promise.resolve();

async function withBackend(device: DeviceName): Promise<Tfjs> {
  const { backend, load, peer } = tfjsBackends[device as TfjsDevice];
  const [tf, layers] = await loading(peer, () => Promise.all([tfjsCore(), tfjsLayers()]));
  const ready = gettingReady.then(async () => {
    // No backend is current in a fresh process: then ours stays, else the one before comes back.
    const before = tf.engine().backendName;
    await loading(peer, load);
    if (tf.engine().registry[backend] !== undefined) return;
    try {
      if (!(await tf.setBackend(backend))) throw new Error("its backend did not start");
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw noDevice("tfjs", device, deviceReason(device, why), cause);
    } finally {
      if (before && before !== backend) await tf.setBackend(before);
    }
    // In Node this backend advertises tfjs-node at its first use, in 8 lines.
    if (backend === "cpu") Object.assign(tf.engine().registry[backend]!, { firstUse: false });
  });
  gettingReady = ready.catch(() => {});
  await ready;
  return { tf, layers, device, on: (body) => underBackend(tf, backend, body) };
}

/** Loads peers; where one is missing, the install line is that of all that the device needs. */
async function loading<T>(peer: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isCajalError(cause, "missing-peer"))
      throw engineError("tfjs", "loading its packages", cause);
    // Installed, but broken: that error knows better.
    if (cause.facts["missing"] !== cause.facts["peer"]) throw cause;
    const both = ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"];
    const needed = [...both, peer, ...(peer.endsWith("-webgpu") && inNode ? ["webgpu"] : [])];
    const install = installCommand(needed);
    throw new CajalError(
      "missing-peer",
      `engine tfjs: "${String(cause.facts["peer"])}" is not installed. All that this device needs: ${install}`,
      { ...cause.facts, install },
      { cause },
    );
  }
}

/** Resolves when no backend is about to get ready; what follows at once may compute. */
export async function backendsReady(): Promise<void> {
  let awaited: Promise<unknown>;
  do {
    awaited = gettingReady;
    await awaited;
  } while (awaited !== gettingReady);
}

/** `setBackend` of a backend that is ready takes effect at once, though it returns a promise. */
function underBackend<T>(tf: TfCore, backend: string, body: () => T): T {
  const before = tf.engine().backendName;
  if (before === backend) return body();
  void tf.setBackend(backend);
  try {
    return body();
  } finally {
    if (before) void tf.setBackend(before);
  }
}
