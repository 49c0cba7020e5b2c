// Ends programs that fetch MNIST at random moments, fifty times, and then lets eight fetch it at once:
//   node scripts/run-source.mjs packages/datasets/scripts/checkDownloads.ts FOLDER [seed]
// FOLDER has the four official files, which a local server hands out slowly. After every kill −9 the cache may hold
// nothing under a file's name but the file; the next start must complete, and of eight at once one must download.
// Exits 1 where something did not hold.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { random } from "@cajal/core";
import { bundle } from "../../core/testing/bundle";

const [folder = "", seed = "1"] = process.argv.slice(2);
const numbers = random(Number(seed), "kills");
const log: { name: string; from: number }[] = [];
const pieces = { size: 32_768, pause: 8 };

const server = createServer(async (request, response) => {
  const name = basename(request.url!);
  const file = readFileSync(join(folder, name));
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  log.push({ name, from });
  response.writeHead(from > 0 ? 206 : 200, {
    etag: '"v1"',
    "content-length": file.length - from,
    ...(from > 0 && { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` }),
  });
  for (let at = from; at < file.length && !response.destroyed; at += pieces.size) {
    response.write(file.subarray(at, at + pieces.size));
    await sleep(pieces.pause);
  }
  response.end();
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
const program = await bundle(new URL("../testing/mnistProgram.ts", import.meta.url));
const cache = mkdtempSync(join(tmpdir(), "cajal-kills-"));

const files = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"];
let problems = 0;
const check = (holds: boolean, what: string) => {
  if (holds) return;
  problems++;
  console.log(`FAILED: ${what}`);
};
const run = () => {
  const child = spawn(process.execPath, [program, mirror, cache], { stdio: ["ignore", "pipe", "pipe"] }); // prettier-ignore
  let out = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (out += chunk));
  const ended = new Promise<string>((resolve) => child.once("close", () => resolve(out.trim())));
  return { child, ended };
};
const intact = (when: string) => {
  for (const name of files) {
    const path = join(cache, "mnist", name);
    if (existsSync(path)) check(readFileSync(path).equals(readFileSync(join(folder, name))), `${name} is damaged ${when}`); // prettier-ignore
  }
};

const began = performance.now();
let killed = 0;
for (let kill = 0; kill < 50; kill++) {
  // A whole run takes about a second.
  const after = numbers.integer(1200);
  const { child, ended } = run();
  await Promise.race([sleep(after), ended]);
  if (child.exitCode === null && child.kill("SIGKILL")) killed++;
  await ended;
  intact(`after kill ${kill}, at ${after} ms`);
  // Whole runs are begun anew now and then, so that kills meet every state.
  if (kill % 5 === 4) {
    check((await run().ended) === "10000", `the start after kill ${kill} did not complete`);
    rmSync(join(cache, "mnist"), { recursive: true, force: true });
  }
}
console.log(`seed ${seed}: ${killed} of 50 processes ended by kill −9 at random moments within 1.2 s; ten starts after five each completed; ${problems} problems; ${((performance.now() - began) / 1000).toFixed(0)} s`); // prettier-ignore

rmSync(cache, { recursive: true, force: true });
log.length = 0;
const answers = await Promise.all(Array.from({ length: 8 }, () => run().ended));
check(answers.every((answer) => answer === "10000"), `of eight at once: ${answers.join(" | ")}`); // prettier-ignore
for (const name of files) {
  const times = log.filter((each) => each.name === name).length;
  check(times === 1, `eight processes at once downloaded ${name} ${times} times`);
}
const left = readdirSync(join(cache, "mnist")).sort();
check(left.join() === files.join(), `the cache has ${left.join(", ")}`);
console.log(`eight processes at once: ${log.length} requests for ${files.length} files; ${problems} problems`); // prettier-ignore
server.close();
server.closeAllConnections();
rmSync(cache, { recursive: true, force: true });
rmSync(dirname(program), { recursive: true, force: true });
process.exitCode = problems === 0 ? 0 : 1;
