// All readers that the fuzzer feeds: one file each, and its name here.
import { hdf5 } from "./hdf5";
import { idx } from "./idx";
import { records } from "./records";

export const targets = [records, idx, hdf5];
