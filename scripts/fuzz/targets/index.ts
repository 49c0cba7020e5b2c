// All readers that the fuzzer feeds: one file each, and its name here.
import { idx } from "./idx";
import { records } from "./records";

export const targets = [records, idx];
