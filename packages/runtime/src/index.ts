export { initialize } from "./initialize";
export type { Session, RunOptions } from "./session";
export type { DeviceChoice, DeviceName, EngineName } from "./device";
