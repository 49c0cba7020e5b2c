// What integrated gradients of more points cost in memory: the most that a process takes with 50 points and with 1,000,
// each in a process of its own, of one photograph in a real network.
//   node scripts/run-source.mjs packages/explain/scripts/memory.ts NETWORK PHOTOGRAPHS [STEPS…]
// NETWORK: the TF.js files of MobileNet 0.75 at 224; PHOTOGRAPHS: a folder with labels.csv (file, wnid, class, label).
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { openExplainer } from "@cajal/explain";
import { photographs, readTfjs, scaled } from "../testing/mobilenet";

const [network, folder, ...settings] = process.argv.slice(2);
if (network === undefined || folder === undefined) {
  console.error("say where the network and the photographs are");
  process.exit(2);
}
if (process.env["MEMORY_STEPS"] !== undefined) await once(Number(process.env["MEMORY_STEPS"]));
else
  for (const steps of settings.length > 0 ? settings : ["50", "1000"])
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), network, folder], {
      env: { ...process.env, MEMORY_STEPS: steps },
      stdio: "inherit",
    });

async function once(steps: number): Promise<void> {
  const { model, weights } = readTfjs(network!);
  await using explainer = await openExplainer(model, weights);
  const images = scaled((await photographs(folder!, 1)).map(({ pixels }) => pixels));
  const { delta } = await explainer.attribute(images, { method: "integrated-gradients", steps }); // prettier-ignore
  const most = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(`${steps} steps: ${most} MB at most, ${Math.abs(delta![0]!).toFixed(4)} of the logit missing`); // prettier-ignore
}
