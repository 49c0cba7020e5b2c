// What is timed in the page of inBrowser.ts: networks as lists of layers, which each library builds for itself.
/** A network as a list of layers, for all three. */
export type Part =
  | { readonly conv: number; readonly size: number; readonly stride?: number; readonly valid?: true; readonly bias?: true }
  | { readonly depthwise: number; readonly stride?: number }
  | { readonly pool: number }
  | { readonly dense: number }
  | "norm" | "relu" | "relu6" | "average" | "flatten"; // prettier-ignore

export interface Workload {
  readonly batch: number;
  readonly input: readonly [number, number, number];
  readonly classes: number;
  readonly parts: readonly Part[];
  /** Whether it is predictions that are timed; training steps otherwise. */
  readonly predicts?: true;
}

const block = (filters: number): Part[] => [{ conv: filters, size: 3 }, "norm", "relu"];
const separable = ([filters, stride]: readonly [number, number]): Part[] => [
  { depthwise: 3, stride },
  "norm",
  "relu6",
  { conv: filters, size: 1 },
  "norm",
  "relu6",
];
const lenet: Workload = {
  batch: 64,
  input: [28, 28, 1],
  classes: 10,
  parts: [{ conv: 6, size: 5, bias: true }, "relu", { pool: 2 }, { conv: 16, size: 5, valid: true, bias: true }, "relu", { pool: 2 }, "flatten", { dense: 120 }, "relu", { dense: 84 }, "relu", { dense: 10 }], // prettier-ignore
};
/** Howard et al. 2017, table 1. */
const mobilenet: Workload = {
  batch: 8,
  input: [96, 96, 3],
  classes: 1000,
  parts: [
    { conv: 32, size: 3, stride: 2 }, "norm", "relu6",
    ...([[64, 1], [128, 2], [128, 1], [256, 2], [256, 1], [512, 2], ...Array.from({ length: 5 }, () => [512, 1] as const), [1024, 2], [1024, 1]] as const).flatMap(separable),
    "average", { dense: 1000 },
  ], // prettier-ignore
};
export const workloads: Readonly<Record<string, Workload>> = {
  lenet,
  convnet: {
    batch: 64,
    input: [32, 32, 3],
    classes: 10,
    parts: [...block(32), ...block(32), { pool: 2 }, ...block(64), ...block(64), { pool: 2 }, ...block(128), "average", { dense: 10 }], // prettier-ignore
  },
  mobilenet,
  "lenet-predict": { ...lenet, batch: 1, predicts: true },
  "lenet-predict-64": { ...lenet, predicts: true },
  "mobilenet-predict": { ...mobilenet, batch: 1, input: [224, 224, 3], predicts: true },
};

/** What is repeated, and what ends it. */
export interface Running {
  run(): Promise<unknown>;
  dispose?(): unknown;
}
