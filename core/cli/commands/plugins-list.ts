import { familyNames } from "../../contracts/kinds.ts";
import { declaredProviders, providersText } from "../builtins.ts";
import type { Command } from "../command.ts";
import { registryOf } from "../named-registry.ts";

/** `kdflow plugins list`: everything that a pipeline can name. */
export const command: Command = async (args, output) => {
  const families = args.positionals.filter((word) => familyNames.some((name) => name === word));
  const file = args.positionals.find((word) => !families.includes(word));
  const all = await declaredProviders(await registryOf(file));
  const found = all.filter(({ provider: { family } }) => families.length === 0 || families.includes(family));
  if (args.has("json")) {
    for (const { provider, plugin } of found) {
      const { family, id, summary, reference } = provider;
      output.event("provider", { family, id, summary, reference, plugin });
    }
  } else {
    for (const line of await providersText(found, "list")) output.prose(line);
  }
  return 0;
};
