import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";

/** Relative specifiers of imports, exports, dynamic imports and requires with a literal, and of `new URL` for assets. */
const relativeSpecifier =
  /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*|\bnew\s+URL\s*\(\s*)["'](\.{1,2}\/[^"'\n]+)["']/gu;

/** What Node tries after the path as written, for `require`. */
const endings = ["", ".js", ".cjs", ".mjs", ".json", ".ts", "/index.js"];

/**
 * SHA-256, hex, over a file and all that it imports relatively. Where the files lie does not enter, only how they lie
 * to each other. A specifier in a comment counts too: that costs a recomputation at most.
 *
 * @param entry absolute path
 */
export async function pluginDigest(entry: string): Promise<string> {
  const digests = new Map<string, string>();
  const real = await realpath(entry).catch(() => entry);
  await visit(real, dirname(real), digests);
  const lines = [...digests].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, digest]) => `${path} ${digest}\n`);
  return createHash("sha256").update(lines.join("")).digest("hex");
}

async function visit(path: string, root: string, digests: Map<string, string>): Promise<boolean> {
  // Node looks for what a file imports beside the file itself, not beside links to it
  const file = await realpath(path).catch(() => path);
  const name = relative(root, file).split(sep).join("/");
  if (digests.has(name)) return true;
  const content = await readFile(file).catch(() => undefined);
  if (content === undefined) return false;
  digests.set(name, createHash("sha256").update(content).digest("hex"));
  if (!/\.[cm]?[jt]s$/u.test(file)) return true;
  for (const [, specifier = ""] of content.toString("utf8").matchAll(relativeSpecifier)) {
    const target = resolve(dirname(file), specifier.replace(/[?#].*$/u, ""));
    for (const ending of endings) if (await visit(`${target}${ending}`, root, digests)) break;
  }
  return true;
}
