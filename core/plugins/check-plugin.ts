import { type FamilyName, familyNames, kindNames, kinds } from "../contracts/kinds.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { allowedHint } from "../errors/nearest.ts";
import type { Plugin } from "./define.ts";
import type { LazyProvider, Provider } from "./provider.ts";

const pluginKeys = ["name", "version", "kdflow", "schemas", "providers", "report", "apply"];
const kebabCase = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/u;

type Fields = Readonly<Record<string, unknown>>;
type Rule = readonly [key: string, test: (value: unknown) => boolean, wanted: string];

const text = (value: unknown): boolean => typeof value === "string" && value !== "";
const method = (value: unknown): boolean => typeof value === "function";
const finite = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
const optional =
  (test: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === undefined || test(value);

const pluginRules: readonly Rule[] = [
  ["name", text, "the package's name"],
  ["version", text, "the package's version"],
  ["kdflow", text, "a range of the plugin API such as `^1`"],
  ["schemas", optional((value) => value instanceof URL), "a URL of a folder"],
  ["providers", optional(Array.isArray), "a list of providers"],
  ["report", optional(method), "a function"],
  ["apply", optional(method), "a function"],
];

const create: Rule = ["create", method, "a function"];

const everyProvider: readonly Rule[] = [
  ["summary", text, "a phrase that says what it is"],
  ["cacheVersion", (value) => Number.isInteger(value), "an integer"],
  ["cacheIgnore", optional((value) => Array.isArray(value) && value.every(text)), "a list of option names"],
  ["schema", optional(isFields), "a JSON Schema"],
];

const dependsOnEpochs: Rule = ["dependsOnEpochs", optional(method), "a function"];

const familyRules: Partial<Record<FamilyName, readonly Rule[]>> = {
  schedules: [create, dependsOnEpochs],
  loss: [create, ["needs", method, "a function"], ["baseline", method, "a function"], dependsOnEpochs],
  losses: [
    create,
    ["needs", (value) => Array.isArray(value) || method(value), "a list of inputs, or a function"],
    ["takes", optional(Array.isArray), "a list of inputs"],
    ["adapts", optional((value) => typeof value === "boolean"), "true or false"],
    ["joins", optional((value) => typeof value === "boolean"), "true or false"],
    ["outputKind", optional(text), "a kind of output, such as `softmax-logits`"],
    dependsOnEpochs,
  ],
  networks: [
    create,
    ["task", text, "the id of a task, such as `classification`"],
    ["outputKinds", optional(isFields), "the kinds of its outputs by name"],
  ],
  tasks: [["task", isFields, "an object"]],
  augmentations: [
    create,
    ["mixes", optional((value) => typeof value === "boolean"), "true or false"],
    ["canvas", optional((value) => value === 1 || value === 4), "1 or 4"],
  ],
  backends: [
    create,
    ["numericClass", text, "a name"],
    ["priority", finite, "a number"],
    ["probe", method, "a function"],
  ],
};

const stageRules: readonly Rule[] = [
  ["run", method, "a function"],
  ["open", method, "a function"],
  ["lengthening", optional(method), "a function"],
  ["numeric", optional((value) => typeof value === "boolean" || value === "inputs"), 'true, false or "inputs"'],
];

const dataRules: readonly Rule[] = [...stageRules, ["task", text, "the id of a task, such as `classification`"]];

const stageFamilies = new Set<FamilyName>(
  kindNames.filter((kind) => kinds[kind].declaration !== true).map((kind) => kinds[kind].family),
);

/** Whether the providers of a family store what they make: those of kinds that are no declarations. */
export function isStageFamily(family: FamilyName): boolean {
  return stageFamilies.has(family);
}

/**
 * Checks what a module exports as plugin against what `definePlugin` takes.
 *
 * @param request what the pipeline calls it
 * @throws KDF_PLUGIN_INVALID that says what is wrong
 */
export function checkPlugin(exported: unknown, request: string): Plugin {
  const named = isFields(exported) && typeof exported["name"] === "string" ? exported["name"] : request;
  if (!isFields(exported)) {
    throw invalid(named, "exports neither `plugin` nor a default that is an object", [
      "write `export const plugin = definePlugin({ name, version, kdflow, providers })`",
    ]);
  }
  for (const key of Object.keys(exported)) {
    if (!pluginKeys.includes(key)) throw invalid(named, `has an unknown key "${key}"`, [allowedHint(key, pluginKeys)]);
  }
  checkRules(exported, pluginRules, named, "the plugin");
  const plugin = exported as unknown as Plugin;
  for (const provider of plugin.providers ?? []) checkDeclared(provider, named);
  return plugin;
}

/** True for providers that are imported on demand. */
export function isLazy(provider: Provider | LazyProvider): provider is LazyProvider {
  return "load" in provider;
}

function checkDeclared(provider: unknown, plugin: string): void {
  if (!isFields(provider)) throw invalid(plugin, "has a provider that is not an object");
  const { family, id } = provider;
  if (typeof family !== "string" || !familyNames.includes(family as FamilyName)) {
    throw invalid(plugin, `has a provider of an unknown family "${String(family)}"`, [
      allowedHint(String(family), familyNames, "families"),
    ]);
  }
  if (typeof id !== "string" || !kebabCase.test(id)) {
    throw invalid(plugin, `has a provider in ${family} whose id "${String(id)}" is not kebab-case`);
  }
  if (typeof provider["load"] !== "function") {
    checkProvider(provider, { family: family as FamilyName, id }, plugin);
  }
}

/**
 * Checks a provider against its family's interface, and that it is the one that was asked for.
 *
 * @throws KDF_PLUGIN_INVALID
 */
export function checkProvider(
  provider: unknown,
  asked: { readonly family: FamilyName; readonly id: string },
  plugin: string,
): asserts provider is Provider {
  const name = `${asked.family}/${asked.id}`;
  if (!isFields(provider)) throw invalid(plugin, `gives ${String(provider)} for ${name}`);
  if (provider["family"] !== asked.family || provider["id"] !== asked.id) {
    throw invalid(plugin, `gives ${String(provider["family"])}/${String(provider["id"])} for ${name}`);
  }
  const ofStage = asked.family === "data" ? dataRules : stageRules;
  const own = familyRules[asked.family] ?? (isStageFamily(asked.family) ? ofStage : [create]);
  checkRules(provider, [...everyProvider, ...own], plugin, name);
}

function checkRules(fields: Fields, rules: readonly Rule[], plugin: string, of: string): void {
  for (const [key, test, wanted] of rules) {
    const value = fields[key];
    if (test(value)) continue;
    const got = value === undefined ? "is missing" : `is ${describeValue(value)}`;
    throw invalid(plugin, `is malformed: \`${key}\` of ${of} ${got}`, [`it has to be ${wanted}`]);
  }
}

function describeValue(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : typeof value === "string" ? `"${value}"` : `a value of type ${typeof value}`;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(plugin: string, what: string, hint: readonly string[] = []): KdflowError {
  return new KdflowError("KDF_PLUGIN_INVALID", `plugin "${plugin}" ${what}`, { hint });
}
