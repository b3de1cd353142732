import { childPointer } from "../config/pointer.ts";
import { displayPlace } from "../errors/source-frame.ts";
import { modelBehind } from "./class-maps.ts";
import { type Difference, differences } from "./differences.ts";
import type { PlanNode } from "./graph.ts";
import { declarationParts, type Key, type KeyParts } from "./keys.ts";

/** One difference between the parts of two keys. */
export interface PartChange {
  /** Dotted path, such as `options.temperature` or `inputs.data`. */
  readonly path: string;
  readonly before: unknown;
  readonly now: unknown;
  /** `file:line` of the option that changed, where it stands in a file. */
  readonly where?: string;
}

/** The parts of a key with declarations written out and values of the environment by name, as records keep them. */
export function explainedParts(node: PlanNode, key: Key): KeyParts {
  return { ...key.parts, options: node.stage.record(key.parts["options"]), declarations: declarationParts(node) };
}

/** Differences between the recorded parts of an earlier run and those of now, most telling first, with their places. */
export function changesSince(node: PlanNode, before: KeyParts, now: KeyParts): readonly PartChange[] {
  return tellingDifferences(before, now).map((difference) => {
    const where = placeOf(node, difference.path);
    return { ...difference, path: difference.path.join("."), ...(where === undefined ? {} : { where }) };
  });
}

/** As {@link changesSince}, of two records: where an option stands is not known. */
export function changesBetween(before: KeyParts, now: KeyParts): readonly PartChange[] {
  return tellingDifferences(before, now).map((difference) => ({ ...difference, path: difference.path.join(".") }));
}

/** Digests of declarations give way to what changed in them. */
function tellingDifferences(before: KeyParts, now: KeyParts): readonly Difference[] {
  // Maps of classes are compared class by class, also where there was none before.
  const all = differences(before, now, (path) => path[0] === "classMap" && path.length < 3);
  const explained = all.filter(({ path }) => path[0] === "declarations").map(({ path }) => path.join("."));
  return all.filter(({ path }) => !explained.some((declared) => restates(path.join("."), declared)));
}

/** One sentence per change: `temperature: 4 → 2 (pipeline.yaml:14)`. */
export function reasonOf(change: PartChange): string {
  const where = change.where === undefined ? "" : ` (${change.where})`;
  const [area, ...rest] = change.path.split(".");
  if (area === "classMap") {
    return `classMap.${rest.slice(1).join(".")}: ${text(change.before)} → ${text(change.now)}${where}`;
  }
  if (area === "inputs") return `input ${rest[0] ?? ""} changed`;
  if (area === "files") return `file ${rest.join(".")} changed`;
  if (area === "cacheVersion" || rest.at(-1) === "cacheVersion")
    return "a provider makes other results in this version";
  if (area === "plugin" || rest.at(-1) === "plugin") return "a local plugin file changed";
  if (area === "numericClass") return `backend: ${text(change.before)} → ${text(change.now)}`;
  const path = rest.length === 0 ? change.path : rest.filter((step) => step !== "options").join(".");
  return `${path}: ${text(change.before)} → ${text(change.now)}${where}`;
}

/** `inputs.loss` says less than `declarations.loss.options.kd.temperature`. */
function restates(path: string, declared: string): boolean {
  const [area, port] = path.split(".");
  return area === "inputs" && port === declared.split(".")[1];
}

/** Where the option stands: in the stage itself, in the declaration that it takes, or in its teacher's class map. */
function placeOf(node: PlanNode, path: readonly string[]): string | undefined {
  if (path[0] === "classMap") return placeInMap(node, path[1] ?? "", path[2] ?? "");
  const declared = path[0] === "declarations" ? node.inputs.get(path[1] ?? "")?.[0] : undefined;
  const stage = (declared ?? node).stage;
  const steps = declared === undefined ? path.slice(1) : path.slice(3);
  if (path[0] !== "options" && declared === undefined) return undefined;
  const pointer = (parts: readonly string[]): string => parts.map((step) => `/${step}`).join("");
  const place = stage.locate(pointer(steps.filter((step) => step !== "options"))) ?? stage.locate(pointer(steps));
  return place === undefined ? undefined : displayPlace(place);
}

function placeInMap(node: PlanNode, port: string, name: string): string | undefined {
  const place = modelBehind(port, node.inputs.get(port)?.[0])?.stage.locate(childPointer("/classMap", name));
  return place === undefined ? undefined : displayPlace(place);
}

function text(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value);
}
