// What the doctor says of one thing that a device needs.

export interface Finding {
  /** What is looked for. */
  readonly what: string;
  readonly ok: boolean;
  /** What there is, or what is missing. */
  readonly found: string;
  /** How to get it, where it is missing. */
  readonly cure?: string;
}

/** The needs of one device, in the order in which they build on each other. */
export interface Examination {
  readonly device: string;
  readonly findings: readonly Finding[];
}
