// Ends programs that fetch files at random moments with kill −9, and then lets several fetch them at once; a local server
// hands the files out slowly. After every kill the cache may hold nothing under a file's name but the file; the next
// start must complete, and of several at once one must download.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { random } from "@cajal/core";
import { bundle } from "../../core/testing/bundle";

export interface KillOptions {
  /** The program's source: it is called with the server's address and the cache folder. */
  readonly program: URL;
  /** What it prints when all is well. */
  readonly prints: string;
  /** Where the files lie that the server gives. */
  readonly folder: string;
  /** The files that the program fetches. */
  readonly files: readonly string[];
  /** The folder within the cache where they come to lie, and what else may lie there. */
  readonly place: string;
  readonly beside?: readonly string[];
  /** How many processes are killed, and within how many ms of their start; those that are done before do not count. */
  readonly kills: number;
  readonly within: number;
  readonly seed: number;
  /** How many processes then fetch at once. */
  readonly together: number;
  /** Bytes that the server sends at once, and the ms that it waits then. */
  readonly piece: number;
  readonly pause: number;
}

/** Does it, and prints what came of it; gives the number of things that did not hold. */
export async function killDownloads(options: KillOptions): Promise<number> {
  const { prints, folder, files, place, beside = [], kills, within, seed, together } = options;
  const numbers = random(seed, "kills");
  const log: { name: string; from: number }[] = [];
  const server = createServer(async (request, response) => {
    const name = basename(request.url!);
    if (!files.includes(name)) return void response.writeHead(404).end();
    const file = readFileSync(join(folder, name));
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    log.push({ name, from });
    response.writeHead(from > 0 ? 206 : 200, {
      etag: '"v1"',
      "content-length": file.length - from,
      ...(from > 0 && { "content-range": `bytes ${from}-${file.length - 1}/${file.length}` }),
    });
    for (let at = from; at < file.length && !response.destroyed; at += options.piece) {
      response.write(file.subarray(at, at + options.piece));
      await sleep(options.pause);
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const root = new URL("../..", import.meta.url).pathname;
  const program = await bundle(options.program, { folder: root });
  const cache = mkdtempSync(join(tmpdir(), "cajal-kills-"));

  let problems = 0;
  const check = (holds: boolean, what: string) => {
    if (holds) return;
    problems++;
    console.log(`FAILED: ${what}`);
  };
  const run = () => {
    const child = spawn(process.execPath, [program, mirror, cache], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    child.stdout.on("data", (chunk) => (out += chunk));
    child.stderr.on("data", (chunk) => (out += chunk));
    const ended = new Promise<string>((resolve) => child.once("close", () => resolve(out.trim())));
    return { child, ended };
  };
  const checkFiles = (when: string) => {
    for (const name of files) {
      const path = join(cache, place, name);
      if (existsSync(path))
        check(readFileSync(path).equals(readFileSync(join(folder, name))), `${name} is damaged ${when}`); // prettier-ignore
    }
  };

  const began = performance.now();
  let killed = 0;
  let starts = 0;
  let done = 0;
  // A program that was done before its moment does not count, and the next one begins anew.
  while (killed < kills && done < 4 * kills) {
    const after = numbers.integer(within);
    const { child, ended } = run();
    await Promise.race([sleep(after), ended]);
    if (child.exitCode === null && child.kill("SIGKILL")) {
      await ended;
      killed++;
      checkFiles(`after kill ${killed}, at ${after} ms`);
      // Whole runs are begun anew now and then, so that kills meet every state.
      if (killed % 5 !== 0) continue;
      const printed = await run().ended;
      check(printed === prints, `the start after kill ${killed} did not complete: ${printed}`);
      starts++;
    } else {
      done++;
      check((await ended) === prints, `a program that was not killed printed ${await ended}`);
    }
    rmSync(join(cache, place), { recursive: true, force: true });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  check(
    killed === kills,
    `only ${killed} of ${kills} were there to be killed: \`within\` is too long`,
  );
  console.log(`seed ${seed}: ${killed} processes ended by kill −9 at random moments within ${within} ms, ${done} were done before; ${starts} starts after five each completed; ${problems} problems; ${seconds} s`); // prettier-ignore

  rmSync(cache, { recursive: true, force: true });
  log.length = 0;
  const answers = await Promise.all(Array.from({ length: together }, () => run().ended));
  check(answers.every((answer) => answer === prints), `of ${together} at once: ${answers.join(" | ")}`); // prettier-ignore
  for (const name of files) {
    const times = log.filter((each) => each.name === name).length;
    check(times === 1, `${together} processes at once downloaded ${name} ${times} times`);
  }
  const left = readdirSync(join(cache, place)).toSorted();
  check(left.join() === [...files, ...beside].toSorted().join(), `the cache has ${left.join(", ")}`); // prettier-ignore
  console.log(`${together} processes at once: ${log.length} requests for ${files.length} files; ${problems} problems`); // prettier-ignore
  server.close();
  server.closeAllConnections();
  rmSync(cache, { recursive: true, force: true });
  rmSync(dirname(program), { recursive: true, force: true });
  return problems;
}
