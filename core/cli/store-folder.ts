import { resolve } from "node:path";
import type { CommandArguments } from "./command.ts";

/** The `.kdflow` folder that a command works on: `--store`, else the one in the working directory. */
export function storeFolder(args: CommandArguments): string {
  return resolve(args.value("store") ?? ".kdflow");
}
