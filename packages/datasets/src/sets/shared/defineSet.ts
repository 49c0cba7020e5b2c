// What a data set is, for the list: all that is known of it from outside, and its reader.
import type { Dataset } from "../../dataset";

/** A file of a data set, as it is published. */
export interface SetFile {
  readonly name: string;
  /** Below which of the mirrors it lies is its own name; or its very addresses. */
  readonly urls?: readonly string[];
  readonly bytes?: number;
  /** Of the file as published. */
  readonly md5?: string;
  readonly sha256?: string;
  /** Of the content of a .gz file, whose packing differs by mirror. */
  readonly contentMd5?: string;
}

export interface DataSetFacts {
  /** As the command line spells it: "fashion-mnist". */
  readonly name: string;
  readonly title: string;
  /** One sentence. */
  readonly about: string;
  /** Number of examples of each split. */
  readonly splits: Readonly<Record<string, number>>;
  /** Of x of one example; `[height, width, channels]` of images. Absent where examples differ. */
  readonly shape?: readonly number[];
  /** Names of the classes; label `i` is `classes[i]`. Absent where they are read from the files. */
  readonly classes?: readonly string[];
  /** Of the training set, per channel, of pixels 0 … 1; population standard deviation. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  /** Empty where the set is embedded in the package. */
  readonly files: readonly SetFile[];
  /** Addresses below which the files lie, in the order in which they are tried. */
  readonly mirrors: readonly string[];
  /** Addresses that others still name and that no longer serve it, and why. */
  readonly dead?: readonly { readonly url: string; readonly why: string }[];
  readonly licence: string;
  readonly citation: string;
  readonly homepage: string;
  /** What surprises who reads the files. */
  readonly notes?: readonly string[];
  /** Reads it, with the options that all sets have in common. */
  readonly load: (options: {
    split?: string;
    folder?: string;
    signal?: AbortSignal;
  }) => Promise<Dataset>;
}

export const defineSet = (facts: DataSetFacts): DataSetFacts => facts;
