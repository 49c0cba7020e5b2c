// cajal doctor: what is missing for each device, and how to get it.
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { devices as findDevices } from "@cajal/runtime";
import { examineCuda } from "../doctor/cuda";
import type { Examination, Finding } from "../doctor/finding";
import { examineNodeGpu } from "../doctor/nodeGpu";
import { thisSystem } from "../doctor/system";
import { examineWebgpu } from "../doctor/vulkan";
import { environment } from "../measure/environment";
import { engineName } from "../text/format";
import { defineCommand } from "./shared/defineCommand";

export const doctor = defineCommand({
  name: "doctor",
  examples: [
    ["cajal doctor", "drivers, libraries, containers: what a GPU needs and what is here"],
    ["cajal doctor --json", "for a program"],
  ],
  async run({ output, signal }) {
    const system = thisSystem();
    const places = await findDevices({ signal });
    const examinations: Examination[] = [
      examineCuda(system, packageFolder("onnxruntime-node")),
      examineNodeGpu(system, packageFolder("@tensorflow/tfjs-node-gpu")),
      examineWebgpu(system, "onnx · webgpu and tfjs · webgpu"),
    ];
    const machine = environment();
    output.document({ environment: machine, devices: places, examinations });
    output.text(
      [
        `${machine.cpu}, ${machine.cores} cores, ${machine.memory_gb} GB, ${machine.os}${machine.vector_bits === undefined ? "" : `, vectors of ${machine.vector_bits} bits`}${machine.container === undefined ? "" : `, in a container (${machine.container})`}`,
        ...(machine.gpus ?? []),
        "",
        ...places.map((place) => `${place.available ? "✓" : "✗"} ${engineName(place)}${place.version === undefined ? "" : ` ${place.version}`}${place.reason === undefined ? "" : `: ${place.reason}`}`), // prettier-ignore
        ...examinations.flatMap(({ device, findings }) => ["", device, ...findings.flatMap(lines)]),
      ].join("\n"),
    );
  },
});

const lines = ({ what, ok, found, cure }: Finding): string[] => [
  `  ${ok ? "✓" : "✗"} ${what}: ${found}`,
  ...(ok || cure === undefined ? [] : [`      ${cure}`]),
];

/** The folder of an installed package, where Cajal would import it from. */
const packageFolder = (name: string): string | undefined =>
  createRequire(import.meta.url)
    .resolve.paths(name)
    ?.map((folder) => `${folder}/${name}`)
    .find((folder) => existsSync(`${folder}/package.json`));
