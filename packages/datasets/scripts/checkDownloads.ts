// Ends programs that fetch MNIST at random moments, fifty times, and then lets eight fetch it at once:
//   node scripts/run-source.mjs packages/datasets/scripts/checkDownloads.ts FOLDER [seed] [milliseconds]
// FOLDER has the official files, which a local server hands out slowly. The moments lie within so many milliseconds of a
// program's start, 450 if none are given; a busy machine needs more for a program to get anywhere. Exits 1 where
// something did not hold; what must: see files/testing/killDownloads.ts.
import { killDownloads } from "../../files/testing/killDownloads";

const [folder = "", seed = "1", within = "450"] = process.argv.slice(2);
const problems = await killDownloads({
  program: new URL("../testing/mnistProgram.ts", import.meta.url),
  prints: "10000",
  folder,
  files: ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"],
  place: "mnist",
  kills: 50,
  within: Number(within),
  seed: Number(seed),
  together: 8,
  piece: 32_768,
  pause: 8,
});
process.exitCode = problems === 0 ? 0 : 1;
