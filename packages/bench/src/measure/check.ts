/** A check of a run; a run with a failed check has failed. */
export interface Check {
  name: string;
  held: boolean;
  got: string;
  expected: string;
}
