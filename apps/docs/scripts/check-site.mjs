// Opens the built site in Chromium as readers do, and says what is wrong: pages that do not load, errors on the
// console, links that lead nowhere, requests to other hosts, pages that scroll sideways on a phone, a first visit that weighs too much,
// demos that do not do their work.
//   node scripts/check-site.mjs [what a page's path contains]     part of `npm run site`; skipped where there is no Chromium
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { demos } from "./demos.mjs";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(executablePath)) {
  console.log(`check-site: skipped, there is no ${executablePath} (CHROMIUM names another).`);
  process.exit(0);
}
const [only = ""] = process.argv.slice(2);
const dist = fileURLToPath(new URL("../.vitepress/dist/", import.meta.url));
const base = process.env.DOCS_BASE ?? "/";
/** Of a first visit's files as a server sends them, gzipped. */
const heaviest = 300e3;

const types = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".wasm": "application/wasm", ".json": "application/json", ".woff2": "font/woff2" }; // prettier-ignore
let bytesSent = 0;
const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  const file = path.startsWith(base) && fileOf(path.slice(base.length));
  if (!file) return response.writeHead(404).end();
  const body = readFileSync(`${dist}${file}`);
  bytesSent += /\.(png|woff2|wasm)$/.test(file) ? body.length : gzipSync(body).length;
  response.writeHead(200, { "content-type": types[extname(file)] ?? "text/plain" }).end(body);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

const problems = [];
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const phone = { viewport: { width: 390, height: 844 } };
/** As narrow as pages have to bear without scrolling sideways (WCAG 2.1, reflow). */
const narrow = { viewport: { width: 320, height: 844 } };
// A service worker may load a page again, which is for its demo to wait for.
const still = await browser.newContext({ ...narrow, serviceWorkers: "block" });
const live = await browser.newContext(phone);
const pages = htmlFiles("").filter((file) => !file.startsWith("api/") && file !== "404.html" && !file.startsWith("cajal-report/") && file.includes(only)); // prettier-ignore
for (const file of pages) await check(file.replace(/(index)?\.html$/, ""));
for (const demo of demos.filter(({ page }) => page.includes(only))) await run(demo);
await browser.close();
server.close();
console.log(`check-site: ${pages.length} pages, ${problems.length} problems`);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exit(1);
}

/** A page as a narrow phone shows it. */
async function check(path) {
  const tab = await opened(still, path);
  const sideways = await tab.evaluate("document.documentElement.scrollWidth - innerWidth");
  if (sideways > 0) problems.push(`/${path}: scrolls sideways by ${sideways} pixels`);
  for (const href of await tab.$$eval("a[href]", (links) => links.map(({ href }) => href))) {
    const { origin: host, pathname, hash } = new URL(href);
    if (host !== origin) continue;
    const file = pathname.startsWith(base) && fileOf(decodeURIComponent(pathname.slice(base.length))); // prettier-ignore
    if (!file) problems.push(`/${path}: a link to ${pathname}, which there is not`);
    else if (hash.length > 1 && extname(file) === ".html" && !readFileSync(`${dist}${file}`, "utf8").includes(`id="${decodeURIComponent(hash.slice(1))}"`)) problems.push(`/${path}: a link to ${pathname}${hash}, which that page has not`); // prettier-ignore
  }
  const unnamed = await tab.$$eval("main button, main select, main input, main canvas", (controls) =>
    controls
      .filter((each) => !each.getAttribute("aria-label") && !each.textContent.trim() && !each.closest("label") && !each.title)
      .map((each) => each.outerHTML.slice(0, 80)),
  ); // prettier-ignore
  for (const each of unnamed) problems.push(`/${path}: a control without a name, ${each}`);
  await tab.close();
}

async function run({ page, name, check }) {
  const tab = await opened(live, page);
  try {
    console.log(`${name}: ${await check(tab)}`);
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
  await tab.close();
}

/** A tab that reports what goes wrong in it. */
async function opened(context, path) {
  bytesSent = 0;
  const tab = await context.newPage();
  tab.on("console", (message) => message.type() === "error" && problems.push(`/${path}: ${message.text()}`)); // prettier-ignore
  tab.on("pageerror", ({ message }) => problems.push(`/${path}: ${message}`));
  tab.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !/^(data|blob):/.test(url)) problems.push(`/${path}: asks for ${url}`); // prettier-ignore
  });
  await tab.goto(`${origin}${base}${path}`, { waitUntil: "load" });
  await tab.waitForFunction("document.querySelector('#app')?.__vue_app__ !== undefined");
  if (bytesSent > heaviest)
    problems.push(`/${path}: a first visit is ${Math.round(bytesSent / 1e3)} kB`);
  return tab;
}

/** The file that a static host with clean URLs sends. */
function fileOf(path) {
  return [path, `${path}.html`, `${path}index.html`, `${path}/index.html`].find(
    (file) => existsSync(`${dist}${file}`) && statSync(`${dist}${file}`).isFile(),
  );
}

function htmlFiles(folder) {
  return readdirSync(`${dist}${folder}`, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? htmlFiles(`${folder}${entry.name}/`)
      : entry.name.endsWith(".html")
        ? [`${folder}${entry.name}`]
        : [],
  );
}
