export { runSuite, suites } from "./runSuite";
export type { StageEvent, Suite, SuiteContext, SuiteEvent } from "./suite";
export type {
  Check,
  EnginesSection,
  Epoch,
  LearningSection,
  Misread,
  PcaSection,
  Place,
  PredictionsSection,
  Report,
  Section,
} from "./report";
export { writeReport } from "./writeReport";
export { reportHtml } from "./reportHtml";
export { reportMarkdown } from "./reportMarkdown";
export { table, type TableRow } from "./table";
export { speed, type SpeedEvent, type SpeedOptions } from "./speed";
export { compare, type Compared, type Comparison } from "./compare";
export { identityOf, parseRecords, type BenchRecord, type Phase } from "./record";
export { environment, host, type Environment } from "./environment";
export { relativeDifference } from "./agreement";
export { median, p90, quantile } from "./statistics";
export { ratioOf, startWorker, takeTurns, type Timing, type Turn, type Worker } from "./workers";
export type { Job } from "./job";
