import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const report = fileURLToPath(new URL("./public/cajal-report/report.html", import.meta.url));

declare const data: { exists: boolean };
export { data };

export default { watch: [report], load: () => ({ exists: existsSync(report) }) };
