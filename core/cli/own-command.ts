import { basename, delimiter, dirname, relative } from "node:path";

/** What was started, as far as it matters for starting it again. */
export interface Invocation {
  /** Path of the script, `process.argv[1]`. */
  readonly script: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The words that start this kdflow again from the same folder: `kdflow` where the shell finds it, `npx kdflow` where
 * npm did, and the path else.
 */
export function ownCommand({ script, cwd, env }: Invocation): readonly string[] {
  const path = relative(cwd, script) || script;
  if (basename(script) !== "kdflow") return ["node", path];
  if (env["npm_command"] !== undefined) return ["npx", "kdflow"];
  const folders = (env["PATH"] ?? "").split(delimiter);
  return folders.includes(dirname(script)) ? ["kdflow"] : [path.includes("/") ? path : `./${path}`];
}
