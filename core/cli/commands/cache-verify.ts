import { textTable } from "../../report/text-table.ts";
import type { Command } from "../command.ts";
import { openExistingStore } from "../existing-store.ts";
import { watchInterrupts } from "../interrupt.ts";

/** `kdflow cache verify`: hashes every stored result; damaged ones are set aside, so that the next run makes them anew. */
export const command: Command = async (args, output) => {
  const interrupts = watchInterrupts(output, "stopping the check…");
  try {
    const store = await openExistingStore(args, output);
    const results = await store.verify(undefined, interrupts.signal);
    const damaged = results.filter(({ problems }) => problems.length > 0);
    if (args.has("json")) {
      for (const result of results) output.event("verified", result);
    } else {
      const rows = damaged.flatMap(({ key, kind, problems }) =>
        problems.map((problem) => [key.slice(0, 12), kind ?? "–", problem]),
      );
      for (const line of textTable(rows)) output.result(line);
    }
    output.say(`${results.length} results checked, ${damaged.length} damaged`);
    return damaged.length === 0 ? 0 : 1;
  } finally {
    interrupts.close();
  }
};
