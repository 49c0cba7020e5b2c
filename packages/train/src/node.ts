export {
  checkpoints,
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
  type CheckpointsOptions,
} from "./checkpointFiles";
export { csv, jsonl } from "./eventLogs";
export { tensorBoard } from "./tensorBoard";
