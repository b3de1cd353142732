import type { ResolvedComponent } from "../config/pipeline.ts";
import type { KindName } from "../contracts/kinds.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { PlanContext } from "../plugins/context.ts";
import { sha256OfData } from "../store/sha256.ts";
import { classMapsOf } from "./class-maps.ts";
import { isDeclaration, type PlanNode, stageProvider } from "./graph.ts";
import { locatedErrors } from "./locate-error.ts";
import { taskOfNode } from "./node-task.ts";

/** Raised when what a key is made from changes its form; every stored result is then computed anew. */
const keyFormat = 2;

/** What a key is the SHA-256 of, as plain data; kept in the run record so that differences can be explained. */
export type KeyParts = Readonly<Record<string, unknown>>;

export interface Key {
  readonly key: string;
  readonly parts: KeyParts;
}

/**
 * Makes a stage's key from its true inputs: provider, options, components, content digests of what it takes and of
 * outside files, the seed and numeric class where they matter. Paths and settings that cannot change the result stay
 * out.
 *
 * @param digestOf content digest of an input's artifact, or `undefined` while it is not computed yet
 * @returns `undefined` while an input's content is unknown
 */
export async function keyOf(
  node: PlanNode,
  digestOf: (input: PlanNode) => string | undefined,
  numericClass: string,
  context: PlanContext,
): Promise<Key | undefined> {
  const provider = stageProvider(node);
  const inputs: Record<string, readonly string[]> = {};
  for (const [port, sources] of node.inputs) {
    const digests = sources.map((source) => (isDeclaration(source) ? declarationDigest(source) : digestOf(source)));
    if (digests.some((digest) => digest === undefined)) return undefined;
    inputs[port] = digests as string[];
  }
  const classMap = classMapsOf(node);
  const files = await provider.fingerprint?.(node.options, context).catch((error: unknown) => {
    throw error instanceof KdflowError ? locatedErrors(error, node.stage) : error;
  });
  const task = taskParts(node);
  const openers = openersOf(node);
  const parts: KeyParts = {
    format: keyFormat,
    kind: node.stage.kind,
    ...providerParts(node),
    inputs,
    ...(Object.keys(openers).length === 0 ? {} : { openers }),
    ...(classMap === undefined ? {} : { classMap }),
    ...(files === undefined ? {} : { files }),
    ...(task === undefined ? {} : { task }),
    ...(provider.seeded === true ? { seed: node.seed } : {}),
    ...(provider.numeric ? { numericClass } : {}),
  };
  return { key: sha256OfData(parts), parts };
}

/** Kinds whose results are opened by their provider's own code: what is stored does not decide all that they give. */
const openedByCode: readonly KindName[] = ["data", "teacher", "model"];

/** Who opens what is on the ports: an edited plugin, or another version of a provider, gives other values of one content. */
function openersOf({ inputs }: PlanNode): KeyParts {
  const openers: Record<string, unknown> = {};
  for (const [port, sources] of inputs) {
    const opened = sources.filter(({ stage }) => openedByCode.includes(stage.kind));
    if (opened.length > 0) openers[port] = opened.map(({ registered }) => identityOf(registered));
  }
  return openers;
}

function identityOf({ provider, plugin }: PlanNode["registered"]): KeyParts {
  const { id, cacheVersion } = provider;
  return { id, cacheVersion, ...(plugin.digest === undefined ? {} : { plugin: plugin.digest }) };
}

/** What the stage's task is: its metric and its truth's inputs decide scores, and which epoch is the best. */
function taskParts(node: PlanNode): KeyParts | undefined {
  const task = taskOfNode(node);
  return task === undefined ? undefined : identityOf(task);
}

/** The whole content of a declaration (student, loss), as what uses it sees it. */
function declarationDigest(node: PlanNode): string {
  return sha256OfData(providerParts(node));
}

/** Declarations a stage takes, written out: explanations show their options, not their digest. */
export function declarationParts(node: PlanNode): KeyParts {
  const parts: Record<string, unknown> = {};
  for (const [port, sources] of node.inputs) {
    for (const source of sources) {
      if (!isDeclaration(source)) continue;
      const own = providerParts(source);
      parts[port] = { ...own, options: source.stage.record(own["options"]) };
    }
  }
  return parts;
}

/** What a provider's use brings into keys: who it is, and its options with those of its components. */
export function providerParts(node: Pick<PlanNode, "registered" | "options" | "components">): Record<string, unknown> {
  const { provider, plugin } = node.registered;
  return {
    provider: provider.id,
    cacheVersion: provider.cacheVersion,
    ...(plugin.digest === undefined ? {} : { plugin: plugin.digest }),
    options: withoutIgnored(node),
    components: node.components.map(({ pointer, registered }) => ({
      pointer,
      family: registered.provider.family,
      id: registered.provider.id,
      cacheVersion: registered.provider.cacheVersion,
      ...(registered.plugin.digest === undefined ? {} : { plugin: registered.plugin.digest }),
    })),
  };
}

function withoutIgnored(node: Pick<PlanNode, "registered" | "options" | "components">): unknown {
  const options = structuredClone(node.options) as Record<string, unknown>;
  removeKeys(options, node.registered.provider.cacheIgnore);
  for (const component of node.components) {
    const target = at(options, component);
    if (target !== undefined) removeKeys(target, component.registered.provider.cacheIgnore);
  }
  return options;
}

function removeKeys(target: Record<string, unknown>, keys: readonly string[] | undefined): void {
  for (const key of keys ?? []) delete target[key];
}

function at(options: Record<string, unknown>, { pointer }: ResolvedComponent): Record<string, unknown> | undefined {
  let value: unknown = options;
  for (const step of pointer.split("/").slice(1)) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string, unknown>)[step.replaceAll("~1", "/").replaceAll("~0", "~")];
  }
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
