import { dirname, resolve } from "node:path";
import type { DefaultProviders } from "../contracts/kinds.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import { displayPath } from "../errors/source-frame.ts";
import { readRegularFile, UnfitFileError } from "../store/regular-file.ts";
import { type MapNode, textOf, withoutKeys } from "./config-node.ts";
import { isMisspelled } from "./file-structure.ts";
import { mergeMaps } from "./merge.ts";
import { Problems } from "./problems.ts";
import { readYaml } from "./read-yaml.ts";
import { shippedRecipe } from "./shipped-recipe.ts";
import { placeOf, type SourceText, type Span } from "./source-text.ts";
import { describeNode } from "./value-words.ts";

const fileVersion = 1;
/** Pipeline files are some kilobytes; this leaves room for long lists of classes. */
const largestFile = 1_000_000;

function unfitError(file: string, { message, tooLarge }: UnfitFileError, at: Span | undefined): KdflowError {
  const code = tooLarge ? "KDF_CONFIG_SYNTAX" : "KDF_CONFIG_MISSING_FILE";
  return new KdflowError(code, `"${displayPath(file)}" ${message}`, {
    hint: "a pipeline file is a text file of at most 1 MB; data and class names go into files of their own",
    where: at === undefined ? undefined : placeOf(at),
  });
}

async function readText(file: string, at: Span | undefined): Promise<SourceText> {
  let bytes: Uint8Array;
  try {
    bytes = await readRegularFile(file, largestFile);
  } catch (error) {
    if (error instanceof UnfitFileError) throw unfitError(file, error, at);
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    const reason = { ENOENT: "is not there", EACCES: "may not be read" }[code];
    throw new KdflowError("KDF_CONFIG_MISSING_FILE", `"${displayPath(file)}" ${reason ?? "cannot be read"}`, {
      hint:
        at === undefined
          ? "give the path of a pipeline file"
          : "`extends` starts at the folder of the file that says it",
      where: at === undefined ? undefined : placeOf(at),
      ...(reason === undefined ? { cause: error } : {}),
    });
  }
  return { file, text: new TextDecoder().decode(bytes) };
}

function checkVersion(root: MapNode, problems: Problems): void {
  const entry = root.entries.get("kdflow");
  if (entry === undefined) return;
  const { value } = entry;
  if (value.kind === "scalar" && value.value === fileVersion) return;
  problems.add(
    "KDF_CONFIG_VERSION",
    `\`kdflow\` must be ${fileVersion}, not ${describeNode(value)}`,
    value.kind === "scalar" ? value.span : entry.key,
    `this kdflow reads version ${fileVersion} of the file format: write \`kdflow: ${fileVersion}\``,
  );
}

/** The composed file, and the problems found so far. */
interface ReadFiles {
  readonly root: MapNode;
  readonly problems: Problems;
}

interface Chain {
  readonly problems: Problems;
  readonly defaults: DefaultProviders;
  /** True when what is missing from a file would only cause more complaints. */
  unreadable: boolean;
}

/** Reports what makes a file unusable. */
function giveUp(chain: Chain, ...problem: Parameters<Problems["add"]>): undefined {
  chain.unreadable = true;
  chain.problems.add(...problem);
  return undefined;
}

/**
 * @param path the files between the pipeline file and this one
 * @param text what is read in the file's place
 */
async function readOne(
  file: string,
  at: Span | undefined,
  chain: Chain,
  path: readonly string[],
  text?: string,
): Promise<MapNode | undefined> {
  const { problems } = chain;
  const source = text === undefined ? await readText(file, at) : { file, text };
  problems.addSource(source);
  const root = readYaml(source, problems);
  if (root === undefined) {
    chain.unreadable = true;
    return undefined;
  }
  if (root.kind !== "map") {
    const isEmpty = root.kind === "scalar" && root.value === null;
    const message = isEmpty ? "the file is empty" : `a pipeline file is a map, not ${describeNode(root)}`;
    const hint = `begin it with \`kdflow: ${fileVersion}\` and \`stages:\``;
    return giveUp(chain, "KDF_CONFIG_TYPE", message, root.span, hint);
  }
  checkVersion(root, problems);
  const base = await readBase(root, chain, [...path, file]);
  const own = withoutKeys(root, new Set(["extends"]));
  return base === undefined ? own : mergeMaps(base, own, chain.defaults);
}

async function readBase(root: MapNode, chain: Chain, path: readonly string[]): Promise<MapNode | undefined> {
  const entry = root.entries.get("extends");
  if (entry === undefined) return undefined;
  const relative = textOf(entry.value);
  if (relative === undefined) {
    const message = `\`extends\` must be the path of one file, not ${describeNode(entry.value)}`;
    return giveUp(chain, "KDF_CONFIG_TYPE", message, entry.key, "such as `extends: ./base.yaml`");
  }
  const shipped = await shippedRecipe(relative);
  if (shipped !== undefined && "hint" in shipped) {
    const message = `"${relative}" is not a recipe that comes with kdflow`;
    return giveUp(chain, "KDF_CONFIG_MISSING_FILE", message, entry.value.span, shipped.hint);
  }
  const base = shipped?.file ?? resolve(dirname(path.at(-1) ?? ""), relative);
  if (path.includes(base)) {
    const circle = [...path.slice(path.indexOf(base)), base].map(displayPath).join(" → ");
    const hint = [circle, "take one `extends` out"];
    return giveUp(chain, "KDF_CONFIG_EXTENDS_CYCLE", "files extend each other in a circle", entry.value.span, hint);
  }
  return readOne(base, entry.value.span, chain, path);
}

/**
 * Reads a pipeline file and what it extends.
 *
 * @param file absolute path
 * @throws KDF_CONFIG_MISSING_FILE, or ConfigErrors when a file is not YAML or no map
 */
export async function readFiles(file: string, defaults: DefaultProviders, text?: string): Promise<ReadFiles> {
  const problems = new Problems();
  const chain: Chain = { problems, defaults, unreadable: false };
  const root = await readOne(file, undefined, chain, [], text);
  if (chain.unreadable) problems.throwIfAny();
  if (root === undefined) throw new KdflowError("KDF_INTERNAL", "a file without a map was read without a problem");
  if (!root.entries.has("kdflow") && !isMisspelled("kdflow", root)) {
    const top = { ...root.span, end: root.span.start };
    problems.add("KDF_CONFIG_VERSION", "`kdflow` is missing", top, `begin the file with \`kdflow: ${fileVersion}\``);
  }
  return { root, problems };
}
