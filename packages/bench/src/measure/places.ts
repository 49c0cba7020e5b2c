// Which engines and devices take part, as the command line names them.
import { CajalError, unknownName } from "@cajal/core";
import type { DeviceInfo } from "@cajal/runtime";
import { engineName } from "../text/format";
import type { Job } from "./tasks/task";

export type Place = Pick<Job, "engine" | "device" | "tf32">;

const gpus: readonly string[] = ["cuda", "node-gpu", "webgpu"];

/** Those whose libraries round the factors of products to 10 bits on cards that can, unless the environment says no. */
const haveTf32: readonly string[] = ["cuda", "node-gpu"];

export const hasTf32 = (device: string): boolean => haveTf32.includes(device);

/** The places, and again with TF32 where there is such: a column of its own beside the one without. */
export const withTf32 = (places: readonly Place[]): Place[] =>
  places.flatMap((place) => (hasTf32(place.device) ? [place, { ...place, tf32: true }] : [place]));

/** `cuda`, or `cuda, TF32`: the device in records. */
export const deviceLabel = ({ device, tf32 }: Pick<Job, "device" | "tf32">): string =>
  tf32 ? `${device}, TF32` : device;

export const isGpuName = (device: string): boolean => gpus.includes(device);

/**
 * Engine and device of each that takes part.
 *
 * @param choice.devices names, `auto`, `gpu` (the first of each engine that works) or `all` that work
 * @throws CajalError `unknown-name`; `no-device` with the reasons where none of what is named works here
 */
export function choosePlaces(
  all: readonly DeviceInfo[],
  { engines, devices }: { engines: readonly string[]; devices: readonly string[] },
): Place[] {
  for (const engine of engines)
    if (!all.some((place) => place.engine === engine))
      throw unknownName("engine", engine, new Set(all.map((place) => place.engine)));
  const ofEngines = all.filter(({ engine }) => engines.includes(engine));
  const places = devices.flatMap((device): Place[] => {
    // What auto means depends on what is done there, so the runtime decides.
    if (device === "auto")
      return ofEngines.filter(({ auto }) => auto).map(({ engine }) => ({ engine, device: "auto" }));
    if (device === "gpu") return firstGpus(ofEngines);
    const matches = ofEngines.filter((place) => device === "all" || place.device === device);
    if (matches.length === 0)
      throw unknownName(
        `device of ${engines.join(", ")}`,
        device,
        new Set(["auto", "gpu", "all", ...ofEngines.map((place) => place.device)]),
      );
    // Of engines that share a device name one may lack it; none at all is an error.
    const available = matches.filter((place) => place.available);
    if (available.length === 0) throw unavailable(matches);
    return available.map(({ engine, device }) => ({ engine, device }));
  });
  if (places.length === 0) throw unavailable(ofEngines);
  return eachOnce(places);
}

/** The same with the device that `auto` means to predict: records name devices. */
export const chooseDevices = (
  all: readonly DeviceInfo[],
  choice: { engines: readonly string[]; devices: readonly string[] },
): Place[] =>
  eachOnce(
    choosePlaces(all, choice).map((place) => ({
      ...place,
      ...(place.device === "auto" && { device: all.find(({ engine, auto }) => auto && engine === place.engine)!.device }), // prettier-ignore
    })),
  );

const eachOnce = (places: readonly Place[]): Place[] => [
  ...new Map(places.map((place) => [engineName(place), place])).values(),
];

/** Of each engine the first that works, in the order of the list above. */
function firstGpus(places: readonly DeviceInfo[]): Place[] {
  const all = places
    .filter(({ device }) => gpus.includes(device))
    .sort((a, b) => gpus.indexOf(a.device) - gpus.indexOf(b.device));
  const working = all.filter(({ available }) => available);
  if (working.length === 0) throw unavailable(all);
  return [...new Set(working.map(({ engine }) => engine))].map((engine) => {
    const { device } = working.find((place) => place.engine === engine)!;
    return { engine, device };
  });
}

const unavailable = (places: readonly DeviceInfo[]): CajalError =>
  new CajalError(
    "no-device",
    `not available here: ${places.map((place) => `${engineName(place)} (${place.reason ?? "not found"})`).join("; ")}. See cajal devices and cajal doctor.`,
    { places },
  );
