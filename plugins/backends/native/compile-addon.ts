import { mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { quietAddon, writeQuietSource } from "./quiet-stderr.ts";
import { lastWords, runCommand } from "./run-command.ts";

export interface CompileRequest {
  /** Folder whose `node_modules` holds the packages. */
  readonly root: string;
  /** The package @tensorflow/tfjs-node, with TensorFlow's libraries and headers in `deps`. */
  readonly packageFolder: string;
  readonly compiler: string;
  readonly signal: AbortSignal;
}

const addon = join("lib", "napi-v8", "tfjs_binding.node");

/**
 * Compiles tfjs-node's addon and our small one; then drops the headers, which nothing else needs.
 *
 * @returns the reason of a failure
 */
export async function compileAddon(request: CompileRequest): Promise<string | undefined> {
  const { packageFolder, signal } = request;
  const sources = (await readdir(join(packageFolder, "binding"))).filter((file) => file.endsWith(".cc"));
  await mkdir(join(packageFolder, dirname(addon)), { recursive: true });
  const libraries = ["-Ldeps/lib", "-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"];
  // relative to the addon, so that the whole folder can be moved
  const runPath = "-Wl,-rpath,$ORIGIN/../../deps/lib";
  const inputs = sources.map((file) => join("binding", file));
  const result = await compile(request, ["-Ideps/include", ...inputs, "-o", addon, ...libraries, runPath]);
  if (!result.ok) return `the addon did not compile: ${lastWords(result.output)}`;
  await rm(join(packageFolder, "deps", "include"), { recursive: true, force: true });
  await compileQuietAddon(request);
  signal.throwIfAborted();
  return undefined;
}

/** Only a nicety: without it the library's notice is seen. */
async function compileQuietAddon(request: CompileRequest): Promise<void> {
  const source = join(request.root, "quiet-stderr.cc");
  await writeQuietSource(source);
  await compile(request, [source, "-o", quietAddon]);
  await rm(source);
}

function compile({ root, packageFolder, compiler, signal }: CompileRequest, args: readonly string[]) {
  const include = `-I${join(root, "node_modules", "node-api-headers", "include")}`;
  const flags = ["-shared", "-fPIC", "-std=c++17", "-O2", "-DNAPI_VERSION=8", include];
  return runCommand(compiler, [...flags, ...args], { cwd: packageFolder, signal });
}
