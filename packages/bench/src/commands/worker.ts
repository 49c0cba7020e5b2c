// cajal worker: measures one thing on command, line by line.
import type { Context } from "../context";
import { parseJob, serve } from "../measure/job";

export async function worker(_context: Context, job: string): Promise<void> {
  await serve(parseJob(job));
}
