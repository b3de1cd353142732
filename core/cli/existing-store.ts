import { stat } from "node:fs/promises";
import { KdflowError } from "../errors/kdflow-error.ts";
import { formatWarning } from "../report/warning-text.ts";
import { layoutOf } from "../store/layout.ts";
import { openStore, type Store } from "../store/store.ts";
import type { CommandArguments } from "./command.ts";
import type { CommandOutput } from "./output.ts";
import { storeFolder } from "./store-folder.ts";

/**
 * The store of a command that looks after one; unlike a run it makes none where there is none.
 *
 * @throws KDF_INPUT_MISSING_FILE
 */
export async function openExistingStore(args: CommandArguments, output: CommandOutput): Promise<Store> {
  const folder = storeFolder(args);
  const there = await stat(layoutOf(folder).artifacts).catch(() => undefined);
  if (there === undefined) {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `there is no store in "${folder}"`, {
      hint: "go to the folder where the pipeline was run, or name the store with --store",
    });
  }
  const { style } = output.capabilities;
  return openStore(folder, {
    warn: (event, { message }) => output.say(formatWarning({ stage: undefined, event, message }, style)),
  });
}
