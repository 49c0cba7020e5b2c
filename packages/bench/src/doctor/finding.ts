// A finding of the doctor: one requirement of a device.

export interface Finding {
  /** The requirement. */
  readonly what: string;
  readonly ok: boolean;
  /** What was found, or what is missing. */
  readonly found: string;
  /** How to get it, where it is missing. */
  readonly cure?: string;
}

/** The requirements of one device, each depending on the ones before. */
export interface Examination {
  readonly device: string;
  readonly findings: readonly Finding[];
}
