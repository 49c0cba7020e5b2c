// Where a download is kept while it comes: on disk (diskStore.ts), or in memory (fetchBytes.ts).

/** What an interrupted download left, if the server can say whether the file is still the same. */
export interface ResumePoint {
  readonly offset: number;
  /** A strong ETag, or the time of the last change. */
  readonly validator?: string;
  readonly total?: number;
}

/** What is known of the file whose first bytes are kept. */
export interface Note {
  readonly url: string;
  readonly total?: number | undefined;
  readonly validator?: string;
}

/** What is wrong with a file. */
export interface Problem {
  /** There is no such file; else there is a wrong one. */
  readonly missing: boolean;
  /** What was got and what was expected, as a sentence. */
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface FileStore {
  /** What the file is called. */
  readonly path: string;
  /** What is there of the file at this address. */
  resumePoint(url: string): Promise<ResumePoint>;
  note(note: Note): Promise<void>;
  /** Opens it for writing from an offset on; 0 begins anew. */
  open(offset: number): Promise<{
    write(bytes: Uint8Array, offset: number): Promise<void>;
    /** All has come. */
    flush(): Promise<void>;
    close(): Promise<void>;
  }>;
  /** What is wrong with what has come; undefined where it is as expected. */
  problem(): Promise<Problem | undefined>;
  /** Removes what has come. */
  discard(): Promise<void>;
  /** Puts the whole file in its place. */
  finish(): Promise<void>;
}

/** What is left of an earlier download, after its note. */
export function resumable(note: Partial<Note>, url: string, size: number): ResumePoint {
  const { total, validator } = note;
  if (note.url !== url || typeof validator !== "string") return { offset: 0 };
  if (typeof total !== "number") return { offset: size, validator };
  return size > total ? { offset: 0 } : { offset: size, validator, total };
}
