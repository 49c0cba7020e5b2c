// Runs the `cajal` command of the current sources: builds what is stale first, silently, then is the
// command (same process, so output, exit code and signals are its own).
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const command = `${root}packages/bench/dist/cli.js`;
// Touched after each build. Not in dist: a build that nx replays leaves dist as it is.
const stamp = `${root}.nx/cajal-built`;

const packages = closure("bench");
if (isStale()) await withLock(`${root}.nx/cajal-build.lock`, () => isStale() && build());

process.argv[1] = command;
await import(pathToFileURL(command).href);

/** The folder names of a package and of all Cajal packages it depends on. */
function closure(name, names = new Set()) {
  if (names.has(name)) return names;
  names.add(name);
  const { dependencies = {} } = JSON.parse(readFileSync(`${root}packages/${name}/package.json`));
  for (const dependency of Object.keys(dependencies))
    if (dependency.startsWith("@cajal/")) closure(dependency.slice("@cajal/".length), names);
  return names;
}

function isStale() {
  if (!existsSync(stamp) || !existsSync(command)) return true;
  const built = statSync(stamp).mtimeMs;
  if (newest(`${root}tsup.base.ts`) > built) return true;
  return [...packages].some(
    (name) =>
      !existsSync(`${root}packages/${name}/dist/index.js`) ||
      ["src", "package.json", "tsup.config.ts"].some(
        (path) => newest(`${root}packages/${name}/${path}`) > built,
      ),
  );
}

/** When a file, or anything in a folder, last changed; a folder counts too, for what was removed. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path)
    .filter((entry) => !entry.endsWith(".test.ts"))
    .reduce((latest, entry) => Math.max(latest, newest(`${path}/${entry}`)), stat.mtimeMs);
}

function build() {
  const started = new Date();
  if (process.stderr.isTTY) process.stderr.write("Building cajal ...");
  // JavaScript only: declarations are most of a build's time, and running needs none.
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [createRequire(import.meta.url).resolve("nx/bin/nx.js"), "run", "@cajal/bench:build:js"],
    { cwd: root, encoding: "utf8", maxBuffer: 2 ** 28 },
  );
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}\nThe build of cajal failed; nothing was run.\n`);
    process.exit(1);
  }
  writeFileSync(stamp, "");
  utimesSync(stamp, started, started); // what changed during the build is stale
}

/** Two commands started at once: the second waits for the first one's build. */
async function withLock(path, body) {
  mkdirSync(`${root}.nx`, { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
      if (!holderLives(path)) rmSync(path, { force: true });
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }
  const release = () => rmSync(path, { force: true });
  process.once("exit", release);
  try {
    body();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

function holderLives(path) {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    const age = Date.now() - statSync(path).mtimeMs;
    if (pid === 0) return age < 1000; // created this instant, the number not yet written
    process.kill(pid, 0);
    return age < 300_000; // by then the number may be another process'
  } catch (error) {
    return error.code === "EPERM";
  }
}
