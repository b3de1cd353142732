import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { tfjsNodeVersion } from "./cache.ts";
import { type CommandResult, runCommand } from "./run-command.ts";

/** Settings of an outer `npm run` that still hold for an installation elsewhere: where and how packages are fetched. */
const inherited =
  /^npm_config_(registry|cache|userconfig|globalconfig|ca|cafile|cert|key|strict_ssl|(https?_)?proxy|noproxy|maxsockets|fetch_.*|offline|prefer_offline|.*:registry|\/\/.*)$/i;

/**
 * Environment for npm in a folder of its own. An outer `npm run` hands its own settings down as variables
 * (`ignore-scripts`, `prefix`, `omit`, the paths of its package), which must not reach the inner one.
 */
export function npmEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || inherited.test(name));
  return Object.fromEntries(entries);
}

/** Installs tfjs-node and the Node-API headers into an empty folder, without running their scripts. */
export async function installPackages(folder: string, signal: AbortSignal): Promise<CommandResult> {
  const manifest = { name: "kdflow-native", private: true, allowScripts: { "@tensorflow/tfjs-node": true } };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  const packages = [`@tensorflow/tfjs-node@${tfjsNodeVersion}`, "node-api-headers@1"];
  const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", folder];
  return npm(["install", ...flags, ...packages], folder, signal);
}

/** Runs the package's own install script, which downloads what its makers built. */
export async function runInstallScript(folder: string, signal: AbortSignal): Promise<CommandResult> {
  const flags = ["--ignore-scripts=false", "--foreground-scripts", "--prefix", folder];
  return npm(["rebuild", ...flags, "@tensorflow/tfjs-node"], folder, signal);
}

/** Runs the npm that started us, else the one of the system, in an environment of its own. */
export function npm(args: readonly string[], cwd: string, signal: AbortSignal): Promise<CommandResult> {
  const env = npmEnvironment();
  // the npm that started us, where there is one
  const script = process.env["npm_execpath"];
  if (script !== undefined && basename(script) === "npm-cli.js") {
    return runCommand(process.execPath, [script, ...args], { cwd, env, signal });
  }
  return runCommand(process.platform === "win32" ? "npm.cmd" : "npm", args, { cwd, env, signal });
}
