import { KdflowError } from "../../errors/kdflow-error.ts";
import { allowedHint } from "../../errors/nearest.ts";
import type { RegisteredProvider } from "../../plugins/registry.ts";
import { formatProvider } from "../../report/provider-text.ts";
import { declaredProviders } from "../builtins.ts";
import type { Command } from "../command.ts";
import { registryOf } from "../named-registry.ts";

/** `kdflow plugins info`: a provider with its options. */
export const command: Command = async (args, output) => {
  const [wanted = "", file] = args.positionals;
  const chosen = chooseProviders(await declaredProviders(await registryOf(file)), wanted);
  for (const [index, registered] of chosen.entries()) {
    const { provider, plugin, schema } = registered;
    if (args.has("json")) {
      const { family, id, summary, reference } = provider;
      output.event("provider", { family, id, summary, reference, plugin, schema });
      continue;
    }
    if (index > 0) output.result("");
    for (const line of formatProvider(registered)) output.prose(line);
  }
  return 0;
};

/** Those of the name; an id alone may stand in several families. */
function chooseProviders(all: readonly RegisteredProvider[], wanted: string): readonly RegisteredProvider[] {
  const names = ({ provider: { family, id } }: RegisteredProvider): readonly string[] => [`${family}/${id}`, id];
  const chosen = all.filter((registered) => names(registered).includes(wanted));
  if (chosen.length > 0) return chosen;
  throw new KdflowError("KDF_CONFIG_UNKNOWN_PROVIDER", `there is no provider "${wanted}"`, {
    hint: [
      allowedHint(wanted, [...new Set(all.map(({ provider }) => provider.id))], "providers"),
      "kdflow plugins list describes them; name a pipeline file to see its plugins too",
    ],
  });
}
