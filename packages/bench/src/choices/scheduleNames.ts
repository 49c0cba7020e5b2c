/** Schedules of the learning rate, as `cajal learn --schedule` names them; see schedules.ts. Here for the help, which loads nothing. */
export const scheduleNames = [
  "constant",
  "cosine",
  "linear",
  "exponential",
  "one-cycle",
  "step",
] as const;

export type ScheduleName = (typeof scheduleNames)[number];
