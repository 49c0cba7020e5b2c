// cajal convert: a model from any format to any other.
import { statSync } from "node:fs";
import { checkWritable } from "@cajal/files/node";
import { summary } from "@cajal/models";
import { formatByName, readModel, writeModel, type WriteFormat } from "@cajal/transfer";
import type { CommonOptions, Context } from "../context";
import { whole } from "../report/format";

export interface ConvertOptions extends CommonOptions {
  to?: string;
}

export async function convert(
  { output, progress, signal }: Context,
  from: string,
  into: string,
  { to }: ConvertOptions,
): Promise<void> {
  // Before the work.
  const format = (to ?? formatByName(into)) as WriteFormat;
  await checkWritable(into);
  progress.start(`Reading ${from}`);
  const read = await readModel(from, { signal, optimizer: true });
  const { totalParams } = summary(read.model);
  progress.finish(`${read.format}, ${whole(totalParams)} parameters`);
  await writeModel(into, read, { format, signal });
  const result = {
    from,
    read_as: read.format,
    to: into,
    format,
    params: totalParams,
    bytes: statSync(into).size,
    labels: read.labels?.length ?? 0,
    optimizer_state: read.optimizerState !== undefined,
  };
  output.document(result);
  output.text(
    `${into}: ${format}, ${whole(totalParams)} parameters${read.optimizerState ? ", with the optimizer's state" : ""}`,
  );
}
