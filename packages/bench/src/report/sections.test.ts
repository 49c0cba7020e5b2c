// Sections that are made of records: every number where it belongs.
import { parse, type DefaultTreeAdapterTypes } from "parse5";
import { describe, expect, it } from "vitest";
import type { BenchRecord } from "../measure/record";
import { recordsCsv } from "./csv";
import { checkReport } from "./checkReport";
import { reportHtml } from "./html";
import { reportMarkdown } from "./markdown";
import type { Report } from "./report";
import { bubblesOf } from "./sections/bubbles";
import { curvesOf } from "./sections/curves";
import { failuresOf } from "./sections/failures";
import { latencyOf } from "./sections/latency";
import { memoryOf } from "./sections/memory";
import { rooflineOf } from "./sections/roofline";
import { tableOf } from "./sections/table";

const record = (fields: Partial<BenchRecord>): BenchRecord => ({
  suite: "table",
  model: "mobilenet",
  phase: "predict",
  engine: "onnx",
  device: "cpu",
  batch: 1,
  n: 10,
  seed: 42,
  versions: { node: "20" },
  host: "here",
  at: "2026-01-01T00:00:00.000Z",
  cell: "x",
  ...fields,
});

const records = [
  record({ phase: "file", params: 4_253_864, depth: 88, macs: 568_740_352, file_mb: 16.25 }),
  record({ median_ms: 12, p90_ms: 13, p99_ms: 14, rss_mb: 120, params: 4_253_864, macs: 568_740_352 }),
  record({ engine: "tfjs", device: "wasm", median_ms: 60, p90_ms: 70, rss_mb: 210, difference: 1e-6 }),
  record({ phase: "accuracy", n: 500, top1: 0.838, top5: 0.948 }),
  record({ model: "vgg16", phase: "file", params: 138_357_544, depth: 23, macs: 15_470_264_320, file_mb: 527.8 }),
  record({ model: "vgg16", median_ms: 300, p90_ms: 310, rss_mb: 800 }),
  record({ model: "vgg16", engine: "tfjs", device: "wasm", n: 0, failure: "memory", reason: "<b>out</b> of memory" }),
  record({ model: "=net", phase: "file", params: 3, depth: 2, file_mb: 0.01 }),
]; // prettier-ignore

const report = (sections: Report["sections"]): Report => ({
  format: "cajal-report-1",
  suite: "table",
  title: "The table",
  seed: 42,
  at: "2026-01-01T00:00:00.000Z",
  seconds: 1,
  environment: { cpu: "one", cores: 2, memory_gb: 8, os: "Linux" },
  versions: {},
  records,
  checks: [],
  sections,
});

type Node = DefaultTreeAdapterTypes.Node;
const elements = (node: Node): DefaultTreeAdapterTypes.Element[] => [
  ...("tagName" in node ? [node] : []),
  ...("childNodes" in node ? node.childNodes.flatMap(elements) : []),
];
const text = (node: Node): string =>
  node.nodeName === "#text"
    ? (node as DefaultTreeAdapterTypes.TextNode).value
    : "childNodes" in node
      ? node.childNodes.map(text).join("")
      : "";

describe("the table", () => {
  const sections = tableOf(records);
  const page = parse(reportHtml(report(sections)));
  const rows = elements(page)
    .filter(({ tagName, parentNode }) => tagName === "tr" && parentNode && "tagName" in parentNode && parentNode.tagName === "tbody")
    .filter((row) => elements(row).some(({ attrs }) => attrs.some(({ name }) => name === "data-value"))); // prettier-ignore
  const headings = elements(page)
    .filter(({ tagName }) => tagName === "button")
    .map((button) => text(button));

  it("has published and measured figures in columns of their own", () => {
    expect(headings).toEqual(["network", "published", "measured", "published", "counted", "published", "counted", "counted", "course", "exact", "measured", "course", "exact", "measured", "ONNX Runtime · cpu", "TF.js · wasm"]); // prettier-ignore
    // Keras' documentation of 2018, and 35,212 and 44,752 of 50,000 images read right by today's weights.
    expect(elements(rows[0]!).slice(1).map(text)).toEqual([
      "MobileNet", "17", "16.3", "4,253,864", "4,253,864", "88", "88", "569 M",
      "66.5 %", "70.42 % (14,788 wrong)", "83.8 % (80.3–86.8, n 500)",
      "87.1 %", "89.50 % (5,248 wrong)", "94.8 % (92.5–96.4, n 500)", "12 ms", "60 ms",
    ]); // prettier-ignore
    expect(elements(rows[2]!).slice(1, 4).map(text)).toEqual(["=net", "–", "0.01"]);
  });

  it("is sorted by a script of its own, which asks nothing of any host", () => {
    const scripts = elements(page).filter(({ tagName }) => tagName === "script");
    expect(scripts).toHaveLength(1);
    expect(reportHtml(report([]))).not.toContain("<script");
    expect(reportHtml(report(sections))).not.toMatch(/https?:|fetch\(|import\(/);
  });

  it("says the same in Markdown", () => {
    const markdown = reportMarkdown(report(sections));
    expect(markdown).toContain("| top-1: course | top-1: exact | top-1: measured |");
    expect(markdown).toContain("| 66.5 % | 70.42 % (14,788 wrong) | 83.8 % (80.3–86.8, n 500) |");
  });
});

describe("sections of records", () => {
  const learned = [0.5, 0.9].map(
    (top1, i) =>
    record({ model: `net-${i}`, phase: "accuracy", dataset: "digits", top1, params: 100 * (i + 1), seconds: 3, n: 359, curve: [{ epoch: 1, seconds: 1.5, loss: 1, val_accuracy: 0.4 }, { epoch: 2, seconds: 3, loss: NaN, val_accuracy: top1 }] }), // prettier-ignore
  );
  const peaks = [
    record({ phase: "peak", model: "matmul", batch: 1024, macs: 1024 ** 2, median_ms: 20 }),
    record({ phase: "peak", model: "matvec", batch: 1, macs: 4096 ** 2, median_ms: 4 }),
  ];
  const sections = [
    ...tableOf(records),
    ...bubblesOf(records),
    ...latencyOf(records),
    ...rooflineOf([...peaks, ...records]),
    ...memoryOf(records),
    ...curvesOf(learned),
    ...failuresOf(records),
  ];

  it("are drawn with unique ids, and nothing that is no number", () => {
    expect(sections.map(({ type }) => type)).toEqual(["table", "bubbles", "latency", "roofline", "memory", "curves", "failures"]); // prettier-ignore
    // As read from a file, where null stands for what was no number.
    const read = JSON.parse(JSON.stringify(report([...sections, ...latencyOf(records)]))) as Report;
    checkReport(read);
    const html = reportHtml(read).replace(/<script>.*<\/script>/s, "");
    expect(html).not.toMatch(/NaN|Infinity|undefined|null/);
    const ids = elements(parse(html)).flatMap(({ attrs }) => attrs.filter(({ name }) => name === "id").map(({ value }) => value)); // prettier-ignore
    expect(new Set(ids).size).toBe(ids.length);
    expect(html).toContain("&lt;b&gt;out&lt;/b&gt; of memory");
    expect(reportMarkdown(read)).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it("are drawn where quantities are 0, which have no place on a logarithmic axis", () => {
    const nothing = { params: 0, macs: 0, rss_mb: 0, seconds: 0, file_mb: 0 };
    const idle = [...peaks, ...records, ...learned].map((each) => ({ ...each, ...nothing, ...(each.phase === "accuracy" && { n: 0 }), ...(each.model === "vgg16" && { median_ms: 0 }), params: each.phase === "predict" ? 1 : 0 })); // prettier-ignore
    const drawn = report([...tableOf(idle), ...bubblesOf(idle), ...latencyOf(idle), ...rooflineOf(idle), ...memoryOf(idle), ...curvesOf(idle)]); // prettier-ignore
    expect(drawn.sections.map(({ type }) => type)).toEqual(expect.arrayContaining(["roofline", "curves"])); // prettier-ignore
    checkReport(drawn);
    const html = reportHtml(drawn).replace(/<script>.*<\/script>/s, "");
    expect(html).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it("compute what a device can do, and what of it is achieved", () => {
    const places = rooflineOf([...peaks, ...records]).flatMap((section) => section.places);
    // 2 · 1024³ operations in 20 ms; 4 · 4096² bytes in 4 ms.
    expect(places[0]!.peak).toBeCloseTo(107.374, 3);
    expect(places[0]!.bandwidth).toBeCloseTo(16.777, 3);
    // 2 · 568,740,352 operations in 12 ms, on 4 · 4,253,864 bytes.
    expect(places[0]!.points[0]!.achieved).toBeCloseTo(94.79, 2);
    expect(places[0]!.points[0]!.intensity).toBeCloseTo(66.85, 2);
  });

  it("take the exact published accuracy where there is one, and say so", () => {
    const [bubbles] = bubblesOf(records);
    expect(bubbles!.place).toEqual({ engine: "onnx", device: "cpu" });
    expect(bubbles!.networks).toMatchObject([
      { model: "mobilenet", top1: 0.70424, source: "published", size_mb: 16.25, median_ms: 12 },
      { model: "vgg16", top1: 0.71268, source: "published", median_ms: 300 },
    ]);
  });
});

it("writes records for spreadsheets", () => {
  const [header, ...lines] = recordsCsv(records).split("\r\n");
  expect(header).toBe("suite,model,phase,engine,device,batch,n,seed,host,at,cell,params,depth,macs,file_mb,median_ms,p90_ms,p99_ms,rss_mb,difference,top1,top5,failure,reason"); // prettier-ignore
  expect(lines[0]).toBe("table,mobilenet,file,onnx,cpu,1,10,42,here,2026-01-01T00:00:00.000Z,x,4253864,88,568740352,16.25,,,,,,,,,"); // prettier-ignore
  // What a spreadsheet would take for a formula is text.
  expect(lines[7]).toMatch(/^table,'=net,/);
  expect(recordsCsv([record({ model: 'a"b,c' })]).split("\r\n")[1]).toContain('"a""b,c"');
});
