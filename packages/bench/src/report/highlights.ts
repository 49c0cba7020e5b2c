// The few numbers that a reader wants first.
import { duration, engineLabel, milliseconds, percent, times, whole } from "./format";
import type { Report } from "./report";
import { places } from "./places";

export interface Highlight {
  value: string;
  unit?: string;
  text: string;
}

export function highlights(report: Report): Highlight[] {
  const found: Highlight[] = [];
  for (const section of report.sections) {
    if (section.type === "predictions") {
      const right = section.examples - section.misread.length;
      found.unshift({
        value: percent(right / section.examples),
        text: `of ${whole(section.examples)} held-out ${section.dataset} read right`,
      });
    }
    if (section.type === "learning")
      found.push({
        value: duration(section.seconds),
        text: `to learn, ${section.epochs.length} epochs in batches of ${section.batch} on ${engineLabel(section.engine)}`,
      });
    if (section.type === "engines") {
      const [group] = places(report.records, section.model);
      const onnx = group?.rows.find(({ engine, device }) => engine === "onnx" && device === "cpu");
      if (group === undefined || onnx === undefined) continue;
      found.push({
        value: milliseconds(onnx.median_ms),
        text: `a prediction, batch ${group.batch}, on ONNX Runtime`,
      });
      for (const device of ["wasm", "cpu"]) {
        const tfjs = group.rows.find((row) => row.engine === "tfjs" && row.device === device);
        if (tfjs !== undefined)
          found.push({
            value: times(tfjs.median_ms / onnx.median_ms),
            text: `as fast as TF.js ${device}, batch ${group.batch}`,
          });
      }
    }
  }
  return found;
}
