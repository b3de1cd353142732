import { basename, dirname, resolve } from "node:path";
import { type DefaultProviders, kinds } from "../contracts/kinds.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { Registry } from "../plugins/registry.ts";
import type { PluginRequest } from "../plugins/resolve-plugin.ts";
import {
  type ConfigNode,
  expandShortForm,
  type MapNode,
  mapNode,
  recordedText,
  toRecord,
  withEntry,
} from "./config-node.ts";
import { checkFile, pluginsOf, stagesOf } from "./file-structure.ts";
import { freezeDeep } from "./freeze.ts";
import { HiddenValues } from "./hidden-values.ts";
import type { ResolvedPipeline } from "./pipeline.ts";
import { applyPluginChanges } from "./plugin-changes.ts";
import type { Problems } from "./problems.ts";
import { readFiles } from "./read-files.ts";
import { resolveStages } from "./resolve-stages.ts";
import { createSchemaChecker } from "./schema-checker.ts";
import { isStageSet, readSetArgument, type SetArgument, setOutsideStages } from "./set-argument.ts";
import { OptionSetter } from "./set-option.ts";
import { placeOf } from "./source-text.ts";
import { StageReader } from "./stage-structure.ts";
import { type Environment, Variables } from "./variables.ts";

export interface LoadRequest {
  /** Path of the pipeline file. */
  readonly file: string;
  /** What is read in its place. */
  readonly text?: string | undefined;
  /** `--set` arguments, `path=value`; later ones win. */
  readonly set?: readonly string[];
  /** What `$env.NAME` looks into; default: the process's environment. */
  readonly env?: Environment;
  /** Gets the values of environment variables that the pipeline uses. */
  readonly hidden?: HiddenValues | undefined;
  /** What stages without `use` mean. */
  readonly defaults?: DefaultProviders;
  /** Loads the built-in providers and the plugins that the pipeline lists. */
  createRegistry(plugins: readonly PluginRequest[], baseDir: string): Promise<Registry>;
  /** Looks for more mistakes in the stages that are in order where others are not. */
  checkRest?(rest: Pick<ResolvedPipeline, "stages" | "baseDir" | "registry">, problems: Problems): Promise<void>;
}

/** Writes every stage as a map: `data: mnist` becomes `data: { use: mnist }`. */
function expandStages(root: MapNode): MapNode {
  const entry = root.entries.get("stages");
  if (entry?.value.kind !== "map") return root;
  const expand = (node: ConfigNode): ConfigNode =>
    node.kind === "list" ? { ...node, items: node.items.map(expandShortForm) } : expandShortForm(node);
  const stages = [...entry.value.entries].map(
    ([name, { key, value }]) => [name, { key, value: expand(value) }] as const,
  );
  return withEntry(root, "stages", { key: entry.key, value: mapNode(entry.value.span, stages) });
}

async function setInStages(root: MapNode, sets: readonly SetArgument[], setter: OptionSetter): Promise<MapNode> {
  const entry = root.entries.get("stages");
  if (entry?.value.kind !== "map") return root;
  let stages = entry.value;
  for (const argument of sets) stages = await setter.set(stages, argument);
  return withEntry(root, "stages", { key: entry.key, value: stages });
}

/** Puts values in for variables everywhere but in `vars` itself, whose members are looked up as they are needed. */
function substitute(root: MapNode, variables: Variables): MapNode {
  const entries = [...root.entries].map(([key, entry]) => {
    const value = key === "vars" ? entry.value : variables.substitute(entry.value);
    return [key, { key: entry.key, value }] as const;
  });
  return mapNode(root.span, entries);
}

/** The plugins; when one cannot be loaded, that and the mistakes found before it are told together. */
async function loadPlugins(
  request: LoadRequest,
  root: MapNode,
  variables: Variables,
  problems: Problems,
): Promise<Registry> {
  const baseDir = dirname(resolve(request.file));
  const entry = root.entries.get("plugins");
  const listed =
    entry === undefined ? root : withEntry(root, "plugins", { ...entry, value: variables.substitute(entry.value) });
  const plugins = pluginsOf(listed, problems);
  try {
    return await request.createRegistry(
      plugins.map(({ span, ...plugin }) => ({ ...plugin, place: placeOf(span) })),
      baseDir,
    );
  } catch (error) {
    if (!(error instanceof KdflowError)) throw error;
    problems.addError(error);
    problems.throwIfAny();
    throw error;
  }
}

/**
 * Reads a pipeline file, composes it (`extends`, `--set`, variables, plugins' changes) and checks it against the
 * schemas of the providers that it names. Nothing is computed, no tensors are imported.
 *
 * @throws ConfigErrors with every mistake found, or what a plugin threw while it was loaded
 */
export async function loadPipeline(request: LoadRequest): Promise<ResolvedPipeline> {
  const file = resolve(request.file);
  const { defaults = {} } = request;
  const { root: read, problems } = await readFiles(file, defaults, request.text);
  const sets = (request.set ?? [])
    .map((argument) => readSetArgument(argument, problems))
    .filter((argument) => argument !== undefined);
  let root = read;
  for (const argument of sets) if (!isStageSet(argument)) root = setOutsideStages(root, argument, problems);
  checkFile(root, problems);
  const vars = root.entries.get("vars")?.value;
  const hidden = request.hidden ?? new HiddenValues();
  const env = request.env ?? process.env;
  const variables = new Variables(vars?.kind === "map" ? vars : undefined, env, hidden, problems);
  // Ajv loads while plugins do.
  const [registry, checker] = await Promise.all([
    loadPlugins(request, root, variables, problems),
    createSchemaChecker(),
  ]);

  root = await setInStages(
    expandStages(root),
    sets.filter(isStageSet),
    new OptionSetter({ registry, checker, vars: vars?.kind === "map" ? vars : undefined, env, defaults }, problems),
  );
  root = applyPluginChanges(substitute(root, variables), registry);
  checkFile(root, problems);
  const reader = new StageReader(problems, checker, (kind) => registry.ids(kinds[kind].family), defaults);
  const drafts = reader.readAll(stagesOf(root, problems));
  const stages = await resolveStages(drafts, registry, checker, problems);
  if (problems.all().length > 0) {
    const filled = stages.filter(({ options }) => !/"\$\{?(vars|matrix|env)\./.test(JSON.stringify(options)));
    await request.checkRest?.({ stages: filled, baseDir: dirname(file), registry }, problems);
  }
  problems.throwIfAny();
  return {
    name: recordedText(root.entries.get("name")?.value) ?? basename(file).replace(/\.ya?ml$/, ""),
    file,
    baseDir: dirname(file),
    stages,
    record: freezeDeep(toRecord(root) as Readonly<Record<string, unknown>>),
    registry,
    hidden,
  };
}
