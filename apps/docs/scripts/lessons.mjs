// Runs the lessons' scripts and records what their pages show, in lessons/recorded:
//   npm run lessons                       those without results
//   npm run lessons -- 05-lenet --full    these, in their full form: real data, minutes
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = `${root}apps/docs/lessons/`;
const [flags, names] = [true, false].map((flag) =>
  process.argv.slice(2).filter((argument) => argument.startsWith("--") === flag),
);
const missing = readdirSync(folder)
  .filter((file) => /^\d\d-.*\.ts$/.test(file))
  .map((file) => file.slice(0, -".ts".length))
  .filter((name) => !existsSync(`${folder}recorded/${name}/results.json`));

for (const name of names.length > 0 ? names : missing) {
  const { status } = spawnSync(
    process.execPath,
    ["scripts/run-source.mjs", "apps/docs/scripts/lesson.ts", name, ...flags],
    { cwd: root, stdio: "inherit" },
  );
  if (status !== 0) process.exitCode = 1;
}
