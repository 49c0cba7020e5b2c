import { build } from "../../tsup.base";

export default build({ index: "src/index.ts", cli: "src/cli.ts" });
