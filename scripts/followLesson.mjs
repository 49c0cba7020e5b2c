// A lesson as a newcomer follows it: an empty folder, what its page says to install, and the pieces of its
// page, one after the other, in lesson.ts.
import { mkdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";
import { closure, install, link, packages, root, run } from "./packed.mjs";

/** One that begins with nothing, and one that takes a library of others too. */
export const followed = ["05-lenet", "08-transfer"];

/** @returns what went wrong; "" if nothing */
export async function followLesson(lesson, project) {
  const page = readFileSync(`${root}apps/docs/lessons/${lesson}.md`, "utf8");
  const wanted = [...page.matchAll(/^npm install (.+)$/gm)].flatMap(([, words]) =>
    words.split(" ").filter((word) => !word.startsWith("--")),
  );
  const names = wanted.filter((name) => name.startsWith("@cajal/"));
  const unknown = names.filter((name) => !packages.has(name.slice("@cajal/".length)));
  if (names.length === 0 || unknown.length > 0)
    return `The page says to install ${wanted.join(", ") || "nothing"}.`;
  mkdirSync(project, { recursive: true });
  const problem = await install(
    project,
    closure(names.map((name) => name.slice("@cajal/".length))),
  );
  if (problem) return problem;
  await link(
    project,
    wanted.filter((name) => !name.startsWith("@cajal/")),
  );
  const { code } = await transform(pieces(page).join("\n"), {
    loader: "ts",
    format: "esm",
    target: "node20",
  });
  await writeFile(join(project, "lesson.mjs"), code);
  const { ok, output } = await run("node", ["lesson.mjs"], project);
  return ok ? "" : `The pieces of the page, put together, fail:\n${output}`;
}

/** The code that a page shows, in its order. */
function pieces(page) {
  return [...page.matchAll(/^<<< \.\/(.+?)#(\w+)\{ts\}$/gm)].map(([, file, region]) => {
    const text = readFileSync(`${root}apps/docs/lessons/${file}`, "utf8");
    const [, piece] = new RegExp(`^// #region ${region}\n(.*?)^// #endregion ${region}$`, "ms").exec(text); // prettier-ignore
    return piece;
  });
}
