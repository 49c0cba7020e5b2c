// All suites; the first is the default.
import { accuracy } from "./accuracy";
import { embedded } from "./embedded";
import { learn } from "./learn";
import { speed } from "./speed";
import type { Suite } from "./suite";
import { table } from "./table";
import { transfer } from "./transfer";

export const suites: readonly Suite[] = [embedded, table, speed, accuracy, learn, transfer];
