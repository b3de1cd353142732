import { formatConformance } from "../../../plugins/losses/conformance/conformance-text.ts";
import { readVectors } from "../../../plugins/losses/conformance/read-vectors.ts";
import { type CaseErrors, replayCase } from "../../../plugins/losses/conformance/replay-case.ts";
import { KdflowError } from "../../errors/kdflow-error.ts";
import { registeredBackend } from "../../run/registered-backend.ts";
import type { Command, CommandArguments } from "../command.ts";
import { registryOf } from "../named-registry.ts";

/** `kdflow conformance`: how far losses are from a reference program's values and gradients. */
export const command: Command = async (args, output) => {
  const [file = "", pipeline] = args.positionals;
  const tolerance = toleranceOf(args);
  const cases = await readVectors(file);
  const registry = await registryOf(pipeline);
  const backend = await (await registeredBackend(args.value("backend") ?? "auto", registry)).load();
  const results: CaseErrors[] = [];
  for (const reference of cases) {
    const result = await replayCase(backend.tf, registry, reference);
    results.push(result);
    if (args.has("json")) output.event("conformance", { ...result, tolerance, within: result.largest <= tolerance });
  }
  if (!args.has("json")) for (const line of formatConformance(results, tolerance)) output.result(line);
  const off = results.filter(({ largest }) => !(largest <= tolerance)).length;
  output.say(`${cases.length - off} of ${cases.length} cases are within ${tolerance} on backend ${backend.id}`);
  return off === 0 ? 0 : 1;
};

function toleranceOf(args: CommandArguments): number {
  const given = args.value("tolerance");
  const tolerance = Number(given ?? 1e-5);
  if (tolerance >= 0 && given?.trim() !== "") return tolerance;
  throw new KdflowError("KDF_CLI_USAGE", `"${given}" is not a tolerance`, { hint: "give a number such as 1e-5" });
}
