export {
  checkpoints,
  latestCheckpoint,
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
  type CheckpointsOptions,
} from "./checkpointFiles";
