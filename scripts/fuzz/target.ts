// What the fuzzer feeds: a reader, well-formed inputs to start from, and how they are mutated.
import type { Random } from "@cajal/core";

/** A reader under test; one file in targets/ each. */
export interface Target<Input> {
  readonly name: string;
  /** Well-formed inputs of every variety that the reader knows, small ones: it is called once. */
  corpus(): readonly Input[] | Promise<readonly Input[]>;
  /**
   * A mutated copy; `input` itself stays as it is. `corpus` is there to splice from.
   * Equal random numbers must give equal inputs, or no finding can be replayed.
   */
  mutate(input: Input, random: Random, corpus: readonly Input[]): Input | Promise<Input>;
  /**
   * Reads the input, and does with the result what a caller would (shapes inferred, a copy written).
   * A CajalError is an answer; anything else that is thrown is a finding.
   */
  read(input: Input): unknown;
  /** The input as a file's content, for `--save`. Default: bytes and text as they are, else JSON. */
  encode?(input: Input): Uint8Array | string;
}

/** Only types: what kind of input a target has is its own business. */
export const defineTarget = <Input>(target: Target<Input>): Target<unknown> => target;
