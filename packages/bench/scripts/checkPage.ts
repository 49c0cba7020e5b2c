// Opens a report from disk in Chromium, on a desktop and a phone, light and dark: it is to ask no host for anything, to
// raise no error, and to fit the screen's width. Pictures of the whole page are written, to be looked at:
//   node scripts/run-source.mjs packages/bench/scripts/checkPage.ts cajal-table/report.html /tmp/pictures
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { check } from "./realRuns";

const [path = "cajal-report/report.html", folder = "."] = process.argv.slice(2);
const page = pathToFileURL(resolve(path)).href;
mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync".split(" "), // prettier-ignore
});
const screens = { desktop: [1280, 900], phone: [390, 844] } as const;
for (const [screen, [width, height]] of Object.entries(screens))
  for (const colorScheme of ["light", "dark"] as const) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const tab = await context.newPage();
    const requests: string[] = [];
    const problems: string[] = [];
    tab.on("request", (request) => requests.push(request.url()));
    tab.on("pageerror", (error) => problems.push(String(error)));
    tab.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    await tab.goto(page);
    const others = requests.filter((url) => url !== page && !url.startsWith("data:"));
    const overflow = await tab.evaluate<number>(
      "document.documentElement.scrollWidth - innerWidth",
    );
    const picture = join(folder, `${screen}-${colorScheme}.png`);
    await tab.screenshot({ path: picture, fullPage: true });
    check(`${screen}, ${colorScheme}: no request, no error, no scrolling sideways`, others.length + problems.length === 0 && overflow <= 0, [...others, ...problems, ...(overflow > 0 ? [`${overflow} pixels too wide`] : []), picture].join("; ")); // prettier-ignore
    await context.close();
  }
await browser.close();
