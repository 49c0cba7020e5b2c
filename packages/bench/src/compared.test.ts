// Beside Keras, PyTorch and TF.js: apps/docs/compared.md is written by this test
// (`npx vitest run --project bench src/compared.test.ts -u`). What is ours comes from the lists that the packages work by,
// what is TF.js' from the package that is installed here, what is Keras' and PyTorch's from fixtures/features.json,
// which peers/features.py wrote from theirs; the rest is a record with sources, below.
import { readFileSync } from "node:fs";
import { serialization } from "@tensorflow/tfjs-core";
import { version_layers } from "@tensorflow/tfjs-layers";
import { lossesMap } from "@tensorflow/tfjs-layers/dist/losses.js";
import { expect, it } from "vitest";
import { methods } from "../../explain/src/methods";
import { layers } from "../../models/src/layers";
import { models } from "../../models/src/networks";
import { gradients } from "../../onnx/src/gradients";
import { engines } from "../../runtime/src/engines";
import * as losses from "../../train/src/losses";
import * as metrics from "../../train/src/metrics";
import * as optimizers from "../../train/src/optimizers";
import * as schedules from "../../train/src/schedules";
import { formats } from "../../transfer/src/formats";

const record = JSON.parse(
  readFileSync(new URL("../fixtures/features.json", import.meta.url), "utf8"),
);
const kinds = ["layers", "losses", "metrics", "optimizers", "schedules"] as const;

/** Where a name of ours is not Keras', and what makes it has no list of those. */
const kerasNames: Record<string, string> = { piecewiseConstant: "PiecewiseConstantDecay" };
/** What is there: each by its own name, and those by which Keras knows it. */
const namesOf = (module: Readonly<Record<string, object>>) =>
  Object.entries(module).flatMap(([name, make]) => [
    kerasNames[name] ?? name,
    ...("names" in make ? (make.names as readonly string[]) : []),
  ]);
const ours = {
  layers: layers.map(({ className }) => className),
  losses: namesOf(losses),
  // As in Keras, losses are metrics, too.
  metrics: [...namesOf(metrics), ...namesOf(losses)],
  optimizers: namesOf(optimizers),
  schedules: namesOf(schedules),
};
const registered = Object.keys(serialization.SerializationMap.getMap().classNameMap);
const tfjs = { layers: registered, losses: Object.keys(lossesMap), metrics: undefined, optimizers: registered, schedules: [] }; // prettier-ignore

const folded = (name: string) => name.replaceAll("_", "").toLowerCase();
function lacks(wanted: readonly string[], there: readonly string[]): readonly string[] {
  const known = new Set(there.map(folded));
  return wanted.filter((name) => !known.has(folded(name)));
}

const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");

const counts = () =>
  kinds.map((kind) => {
    const wanted: string[] = record.keras[kind];
    const share = (there: readonly string[] | undefined) => there ? `${wanted.length - lacks(wanted, there).length}` : "not counted"; // prettier-ignore
    return [kind, String(wanted.length), share(ours[kind]), share(tfjs[kind])];
  });

const missing = () =>
  kinds.map((kind) => `- **${kind}**: ${lacks(record.keras[kind], ours[kind]).join(", ") || "none"}`).join("\n"); // prettier-ignore

/** What others have by their documentation, not tested here. */
const written = "November 2026";
const sources = {
  kerasExport: "[export](https://keras.io/api/models/model_saving_apis/export/)",
  kerasDistribution: "[distribution](https://keras.io/api/distribution/)",
  kerasPrecision: "[mixed precision](https://keras.io/api/mixed_precision/)",
  torchOnnx: "[torch.onnx](https://docs.pytorch.org/docs/stable/onnx.html)",
  torchDistributed: "[torch.distributed](https://docs.pytorch.org/docs/stable/distributed.html)",
  torchAmp: "[torch.amp](https://docs.pytorch.org/docs/stable/amp.html)",
  captum: "[Captum](https://captum.ai), a package of its own",
  tfjsConvert:
    "[tfjs-converter](https://github.com/tensorflow/tfjs/tree/master/tfjs-converter), with Python",
  tfjsGrads: "[tf.grad](https://js.tensorflow.org/api/latest/#grad)",
};
const device = (name: string) => engines.some(({ devices }) => (devices.names as readonly string[]).includes(name)); // prettier-ignore
const encoder = (id: string) =>
  formats.some(({ encoders }) => encoders.some((each) => each.id === id));
const yes = (is: boolean) => (is ? "yes" : "no");
const features = () => [
  ["language", "TypeScript", "Python", "Python", "JavaScript, with types"],
  ["runs and trains in a browser", yes(device("wasm")), "no", "no", "yes"],
  ["on WebGPU", yes(device("webgpu")), "no", "no", "yes"],
  ["on CUDA", yes(device("cuda")), "yes", "yes", "tfjs-node-gpu"],
  ["on several devices", "no", `yes: ${sources.kerasDistribution}`, `yes: ${sources.torchDistributed}`, "no"],
  ["mixed precision in training", "no", `yes: ${sources.kerasPrecision}`, `yes: ${sources.torchAmp}`, "no"],
  ["gradients of gradients", "yes", "yes, of its backend", "yes", `yes: ${sources.tfjsGrads}`],
  ["writes `.keras`", yes(encoder("keras")), "yes", "no", "no"],
  ["reads `.keras` and `.h5`", yes(formats.some(({ name }) => /keras/i.test(name))), "yes", "no", sources.tfjsConvert],
  ["writes ONNX", yes(encoder("onnx")), `yes: ${sources.kerasExport}`, `yes: ${sources.torchOnnx}`, "no"],
  ["trains and explains ONNX graphs", `yes, through ${gradients.length} operators`, "no", "no", "no"],
  ["methods of explanation", String(methods.length), "none", sources.captum, "none"],
  ["classification networks, by name", String(models.length), "[keras.applications](https://keras.io/api/applications/)", "torchvision, a package of its own", "tfjs-models, packages of their own"],
]; // prettier-ignore

it("is what the docs compare", async () => {
  const page = `# Beside Keras, PyTorch and TF.js

Cajal speaks Keras' language: layers, losses and the rest have its names and numbers. This page is written by a test. What is ours comes from the lists that the packages work by; Keras ${record.keras.version} and PyTorch ${record.torch.version} were asked on ${record.at} what classes they have (\`packages/bench/peers/features.py\`), and what TF.js ${version_layers} has is looked up in the package.

## Of what Keras has

${table(["", "Keras", "Cajal", "TF.js"], counts())}

By name, whatever the case: each goes by all names that Keras has for it, as \`meanIoU\` by IoU and OneHotIoU. PyTorch has other names: ${record.torch.layers.length} modules, ${record.torch.losses.length} losses, ${record.torch.optimizers.length} optimizers and ${record.torch.schedules.length} schedules. Beyond Keras, Cajal has ${lacks(
    ours.schedules,
    record.keras.schedules,
  )
    .filter((name) => name !== "constant")
    .join(", ")} among the schedules.

What Keras has and Cajal does not:

${missing()}

## What differs

Others' columns go by their documentation, to which they link, as of ${written}; they are not tested here.

${table(["", "Cajal", "Keras", "PyTorch", "TF.js"], features())}

What Cajal does not do is on [a page of its own](/what-is-not-there), how fast it is on [another](/training-speed).
`;
  await expect(page).toMatchFileSnapshot("../../../apps/docs/compared.md");
});
