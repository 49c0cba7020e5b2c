// Ends programs that fetch a network's weights through `pretrained` at random moments with kill −9, twenty times, and then
// lets four fetch them at once:
//   node scripts/run-source.mjs packages/transfer/scripts/checkDownloads.ts [seed]
// MobileNet 0.25 with random weights (1.9 MB), which a local server hands out slowly; nobody has published its hash, so
// that the note of it is also written while processes die. Exits 1 where something did not hold; what must: see
// files/testing/killDownloads.ts.
//
// Last result, seed 1127: 20 ended within 2.5 s of their start, 18 more were done before, 4 starts after five each completed,
// four at once made one request; nothing failed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mobilenet } from "@cajal/models";
import { initialize } from "@cajal/runtime";
import { killDownloads } from "../../files/testing/killDownloads";
import { encodeModel } from "../src/writeModel";

const [seed = "1"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "cajal-weights-"));
const name = "mobilenet_2_5_224_tf.h5";
const model = mobilenet({ alpha: 0.25 });
const weights = initialize(model, { seed: 3 });
writeFileSync(join(folder, name), encodeModel({ model, weights }, { format: "h5" }).get("model.h5")!); // prettier-ignore
const problems = await killDownloads({
  program: new URL("../testing/pretrainedProgram.ts", import.meta.url),
  prints: String(weights.size),
  folder,
  files: [name],
  place: "weights",
  beside: [`${name}.sha256`],
  kills: 20,
  within: 2500,
  seed: Number(seed),
  together: 4,
  piece: 32_768,
  pause: 12,
});
rmSync(folder, { recursive: true });
process.exitCode = problems === 0 ? 0 : 1;
