export {
  checkpoints,
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
  type CheckpointsOptions,
} from "./checkpoints/checkpointFiles";
export { csv, jsonl } from "./logs/eventLogs";
export { tensorBoard } from "./logs/tensorBoard";
export { checkSavePath, loadModel, saveModel } from "./savedModelFiles";
export type { SavedModel, SavedModelOptions } from "./savedModel";
