// onnxruntime-node (1.30) has telemetry: seconds after a session has opened it looks up a host, keeps a
// device id and a database in the user's cache folder and a log in the temporary folder. The library
// reads this variable as it is loaded.
const variable = "ORT_DISABLE_TELEMETRY";

/**
 * Turns the telemetry of onnxruntime-node off, unless the variable has a value already. To be called before its import. (A worker
 * thread has a copy of the environment, which the library does not read: there it runs in a process of its own.)
 */
export function turnTelemetryOff(): void {
  process.env[variable] ??= "1";
}

/** The environment for a child process that loads onnxruntime-node. */
export const withoutTelemetry = (): NodeJS.ProcessEnv => ({ [variable]: "1", ...process.env });
