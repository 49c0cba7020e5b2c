import { checkRate, defineSchedule, type NamedSchedule } from "./defineSchedule";

/** A learning rate that stays. */
export function constant(learningRate: number): NamedSchedule {
  checkRate("constant", "learningRate", learningRate);
  return defineSchedule({ name: "constant", learningRate }, () => learningRate);
}
