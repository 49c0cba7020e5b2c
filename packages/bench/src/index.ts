export { suites } from "./suites";
export { runSuite, type RunSuiteOptions } from "./suites/runSuite";
export type {
  Shard,
  StageEvent,
  Suite,
  SuiteContext,
  SuiteEvent,
  SuiteSettings,
} from "./suites/suite";
export type { Check } from "./measure/check";
export type { Report } from "./report/report";
export type { Section } from "./report/sections";
export type { EnginesSection, Place } from "./report/sections/engines";
export type { Epoch, LearningSection } from "./report/sections/learning";
export type { PcaSection } from "./report/sections/pca";
export type { Misread, PredictionsSection } from "./report/sections/predictions";
export { checkReport, parseReport } from "./report/checkReport";
export { writeReport } from "./report/write";
export { reportHtml } from "./report/html";
export { reportMarkdown } from "./report/markdown";
export { table, type TableRow } from "./measure/table";
export { speed, type SpeedEvent, type SpeedOptions } from "./measure/speed";
export { compare, type Compared, type CompareOptions, type Comparison } from "./measure/compare";
export { comparePairs, type Pair } from "./measure/comparePairs";
export {
  identityOf,
  parseRecords,
  type BenchRecord,
  type CurvePoint,
  type Phase,
} from "./measure/record";
export { environment, host, type Environment } from "./measure/environment";
export { relativeDifference } from "./measure/agreement";
export { median, p90, quantile } from "./measure/statistics";
export { startWorker, type Turn, type Worker } from "./measure/workers";
export { ratioOf, takeTurns, type Timing } from "./measure/turns";
export { openYardstick, type Pace, type Yardstick } from "./measure/yardstick";
export type { Job } from "./measure/tasks/task";
