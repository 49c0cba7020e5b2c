// The list of tasks.
import { accuracy } from "./accuracy";
import { file } from "./file";
import { learn } from "./learn";
import { peak } from "./peak";
import { predict } from "./predict";
import type { Task } from "./task";
import { train } from "./train";
import { transfer } from "./transfer";

export const tasks: readonly Task[] = [predict, train, peak, file, accuracy, learn, transfer];
