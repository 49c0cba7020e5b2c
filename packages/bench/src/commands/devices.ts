// cajal devices: which devices this machine can use, and why not the others.
import { devices as findDevices } from "@cajal/runtime";
import { engineLabel } from "../text/format";
import { textTable } from "../text/tables";
import { defineCommand } from "./shared/defineCommand";

export const devices = defineCommand({
  name: "devices",
  examples: [["cajal devices --json", "for a program"]],
  async run({ output, signal }) {
    const places = await findDevices({ signal });
    output.document(places);
    output.text(
      textTable(
        ["engine", "device", "", "version", ""],
        places.map(({ engine, device, available, auto, version, reason }) => [
          `${engineLabel(engine)} (${engine})`,
          device,
          available ? "yes" : "no",
          version ?? "",
          [auto ? "what --device auto means" : undefined, reason].filter(Boolean).join("; "),
        ]),
      ),
    );
  },
});
