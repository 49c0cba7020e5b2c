import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { lessons } from "../lessons/list";
import { packages } from "../packages/[name].paths";
import { bundledWorkers } from "./bundledWorkers";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** Demos run the packages' sources; what is for Node, and engines that none of them uses, stays out. */
const alias = [
  {
    find: /^(@cajal\/\w+\/node|@tensorflow\/.*|onnxruntime-web\/webgpu|onnxruntime-web|onnxruntime-node|sharp|hyparquet.*|webgpu)$/,
    replacement: fileURLToPath(new URL("theme/demos/absent.ts", import.meta.url)),
  },
  ...readdirSync(`${root}packages`).flatMap((name) => [
    { find: new RegExp(`^@cajal/${name}$`), replacement: `${root}packages/${name}/src/index.ts` },
    { find: new RegExp(`^@cajal/${name}/(.+)$`), replacement: `${root}packages/${name}/src/$1.ts` },
  ]),
];

export default defineConfig({
  vite: {
    resolve: { alias },
    plugins: [bundledWorkers(fileURLToPath(new URL("theme/demos", import.meta.url)), alias)],
    build: { target: "es2022" },
  },
  title: "Cajal",
  description: "Deep learning for TypeScript",
  head: [["link", { rel: "icon", href: "/logo.svg", type: "image/svg+xml" }]],
  cleanUrls: true,
  base: process.env.DOCS_BASE ?? "/",
  // The report is a file beside the pages, not a page.
  ignoreDeadLinks: [/^\/cajal-report\//],
  themeConfig: {
    logo: "/logo.svg",
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      {
        text: "Guide",
        link: "/getting-started",
        activeMatch:
          "/(getting-started|how-it-fits|training-speed|gpu|coverage|compared|data-sets|recipes|look-into|what-is)",
      },
      { text: "Course", link: `/lessons/`, activeMatch: "/lessons/" },
      { text: "Packages", link: `/packages/${packages[0]}`, activeMatch: "/packages/" },
      { text: "API", link: "/api/", activeMatch: "/api/" },
      { text: "Report", link: "/report" },
    ],
    sidebar: {
      "/api/": apiSidebar(),
      "/lessons/": [
        {
          text: "The course",
          link: "/lessons/",
          items: lessons.map(({ name, title }) => ({
            text: `${Number(name.slice(0, 2))} · ${title}`,
            link: `/lessons/${name}`,
          })),
        },
      ],
      "/": [
        {
          text: "Guide",
          items: [
            { text: "Getting started", link: "/getting-started" },
            { text: "How it fits together", link: "/how-it-fits" },
            { text: "How fast training is", link: "/training-speed" },
            { text: "On a graphics card", link: "/gpu" },
            { text: "What there is", link: "/coverage" },
            { text: "Data sets", link: "/data-sets/" },
            { text: "Recipes", link: "/recipes" },
            { text: "Look into a model", link: "/look-into-a-model" },
            { text: "Beside Keras, PyTorch, TF.js", link: "/compared" },
            { text: "What is not there", link: "/what-is-not-there" },
            { text: "The report", link: "/report" },
          ],
        },
        {
          text: "Packages",
          items: packages.map((name) => ({ text: `@cajal/${name}`, link: `/packages/${name}` })),
        },
      ],
    },
  },
});

/** The pages that typedoc wrote. */
function apiSidebar() {
  const pages: { title: string; path: string }[] = JSON.parse(
    readFileSync(new URL("../api/navigation.json", import.meta.url), "utf8"),
  );
  return pages.map(({ title, path }) => ({
    text: title,
    link: `/api/${path.replace(/\.md$/, "")}`,
  }));
}
