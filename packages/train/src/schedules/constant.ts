import { checkRate, defineSchedule, type NamedSchedule } from "./defineSchedule";

/** A constant learning rate. */
export function constant(learningRate: number): NamedSchedule {
  checkRate("constant", "learningRate", learningRate);
  return defineSchedule({ name: "constant", learningRate }, () => learningRate);
}
