// cajal devices: what this machine can run on, and why not on the rest.
import { devices as find } from "@cajal/runtime";
import type { Context } from "../context";
import { engineLabel } from "../report/format";
import { textTable } from "../output";

export async function devices({ output, signal }: Context): Promise<void> {
  const found = await find({ signal });
  output.document(found);
  output.text(
    textTable(
      ["engine", "device", "", "version", ""],
      found.map(({ engine, device, available, auto, version, reason }) => [
        `${engineLabel(engine)} (${engine})`,
        device,
        available ? "yes" : "no",
        version ?? "",
        [auto ? "what --device auto means" : undefined, reason].filter(Boolean).join("; "),
      ]),
    ),
  );
}
