import { build } from "../../tsup.base";

export default build(["src/index.ts", "src/cli.ts"]);
