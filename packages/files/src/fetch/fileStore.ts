// Where a running download is stored: on disk (diskStore.ts), or in memory (fetchBytes.ts).

/** Where an interrupted download can be resumed, and what tells the server that the file is still the same. */
export interface ResumePoint {
  readonly offset: number;
  /** A strong ETag, or the time of the last change. */
  readonly validator?: string;
  readonly total?: number;
}

/** What is known of a file whose first bytes are stored. */
export interface Note {
  readonly url: string;
  readonly total?: number | undefined;
  readonly validator?: string;
}

/** A mismatch between a file and what was expected. */
export interface Problem {
  /** Whether the file is missing; else it is a wrong one. */
  readonly missing: boolean;
  /** What was got and what was expected, as a sentence. */
  readonly message: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface FileStore {
  /** The file's path or URL. */
  readonly path: string;
  /** Where a download from this URL can be resumed. */
  resumePoint(url: string): Promise<ResumePoint>;
  note(note: Note): Promise<void>;
  /** Opens the file for writing from an offset on; 0 starts over. */
  open(offset: number): Promise<{
    write(bytes: Uint8Array, offset: number): Promise<void>;
    /** Writes all bytes through to the disk. */
    flush(): Promise<void>;
    close(): Promise<void>;
  }>;
  /** The mismatch of the stored bytes; undefined where they are as expected. */
  problem(): Promise<Problem | undefined>;
  /** Removes the stored bytes. */
  discard(): Promise<void>;
  /** Puts the whole file in its place. */
  finish(): Promise<void>;
}

/** Where an earlier download can be resumed, by its note. */
export function resumable(note: Partial<Note>, url: string, size: number): ResumePoint {
  const { total, validator } = note;
  if (note.url !== url || typeof validator !== "string") return { offset: 0 };
  if (typeof total !== "number") return { offset: size, validator };
  return size > total ? { offset: 0 } : { offset: size, validator, total };
}
