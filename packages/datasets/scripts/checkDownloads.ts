// Ends programs that fetch MNIST at random moments, fifty times, and then lets eight fetch it at once:
//   node scripts/run-source.mjs packages/datasets/scripts/checkDownloads.ts FOLDER [seed]
// FOLDER has the official files, which a local server hands out slowly. Exits 1 where something did not hold; what must:
// see files/testing/killDownloads.ts.
import { killDownloads } from "../../files/testing/killDownloads";

const [folder = "", seed = "1"] = process.argv.slice(2);
const problems = await killDownloads({
  program: new URL("../testing/mnistProgram.ts", import.meta.url),
  prints: "10000",
  folder,
  files: ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
  place: "mnist",
  kills: 50,
  within: 1200, // a whole run takes about a second
  seed: Number(seed),
  together: 8,
  piece: 32_768,
  pause: 8,
});
process.exitCode = problems === 0 ? 0 : 1;
