import { kinds } from "../contracts/kinds.ts";
import { stageKeys } from "../contracts/stage-keys.ts";
import type { SourcePlace } from "../errors/kdflow-error.ts";
import type { Registry } from "../plugins/registry.ts";
import { toPlain, toRecord } from "./config-node.ts";
import { freezeDeep } from "./freeze.ts";
import { withNames } from "./hidden-values.ts";
import type { ResolvedStage } from "./pipeline.ts";
import { caretSpan, findNode } from "./pointer.ts";
import type { Problems } from "./problems.ts";
import { OptionResolver } from "./provider-options.ts";
import type { SchemaChecker } from "./schema-checker.ts";
import { placeOf } from "./source-text.ts";
import type { StageDraft } from "./stage-structure.ts";

function locator(draft: StageDraft): (pointer?: string, side?: "key" | "value") => SourcePlace {
  return (pointer = "", side = "value") => {
    const found = findNode(draft.written, pointer);
    if (side === "key" && found.exact && found.key !== undefined) return placeOf(found.key);
    return placeOf(found.node === draft.written ? draft.key : caretSpan(found));
  };
}

async function resolveStage(
  draft: StageDraft,
  registry: Registry,
  checker: SchemaChecker,
  problems: Problems,
): Promise<ResolvedStage | undefined> {
  const { name, kind, seed, seeds, baseline, inputs, classMap, to } = draft;
  const resolver = new OptionResolver(registry, checker, problems);
  const resolved = await resolver.resolve({
    family: kinds[kind].family,
    use: draft.use,
    useAt: draft.useAt,
    options: draft.options,
    key: draft.key,
    reserved: stageKeys(kind),
    pointer: "",
  });
  if (resolved === undefined) return undefined;
  const options = freezeDeep(resolved.options as Readonly<Record<string, unknown>>);
  const { components } = resolver;
  const { registered } = resolved;
  const engine = { seed, seeds, baseline, inputs, classMap, to };
  const [written, recorded] = [toPlain(draft.options), toRecord(draft.options)];
  const record = (complete: unknown): unknown => withNames(complete, written, recorded);
  return { name, kind, registered, options, components, ...engine, record, locate: locator(draft) };
}

/** Checks every stage against its provider's schema; a mistake in one stage hides none of another. */
export async function resolveStages(
  drafts: readonly StageDraft[],
  registry: Registry,
  checker: SchemaChecker,
  problems: Problems,
): Promise<readonly ResolvedStage[]> {
  const stages = await Promise.all(drafts.map((draft) => resolveStage(draft, registry, checker, problems)));
  return stages.filter((stage) => stage !== undefined);
}
