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
