/** Something that must hold; a run in which one does not has failed. */
export interface Check {
  name: string;
  held: boolean;
  got: string;
  expected: string;
}
