import { KdflowError } from "../../errors/kdflow-error.ts";
import { allowedHint } from "../../errors/nearest.ts";
import type { RegisteredProvider } from "../../plugins/registry.ts";
import { declaredProviders, providersText } from "../builtins.ts";
import type { Command } from "../command.ts";
import { registryOf } from "../named-registry.ts";

/** `kdflow plugins info`: a provider with its options. */
export const command: Command = async (args, output) => {
  const [wanted = "", file] = args.positionals;
  const chosen = chooseProviders(await declaredProviders(await registryOf(file)), wanted);
  if (!args.has("json")) for (const line of await providersText(chosen, "full")) output.prose(line);
  else {
    for (const { provider, plugin, schema } of chosen) {
      const { family, id, summary, reference } = provider;
      output.event("provider", { family, id, summary, reference, plugin, schema });
    }
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
