import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runtimeCacheFolder } from "../../core/index.ts";
import { findProgram, lastWords, runCommand } from "../../plugins/backends/native/run-command.ts";

export type FoundPython = { readonly python: string } | { readonly skipped: string };

export interface WantedPython {
  /** What must be importable; also the name of its folder. */
  readonly module: string;
  /** What pip installs for it. */
  readonly package: string;
  /** Packages that are needed beside it, by the names that they are imported and installed under. */
  readonly others?: Readonly<Record<string, string>>;
  readonly say: (text: string) => void;
}

/**
 * Looks for a Python that has a module: `$KDFLOW_BENCH_PYTHON`, else one in kdflow's cache, which is made where it is
 * missing (a virtual environment and `pip install`).
 */
export async function findPython(wanted: WantedPython): Promise<FoundPython> {
  const found = await findMain(wanted);
  if ("skipped" in found) return found;
  const { signal } = new AbortController();
  const missing: string[] = [];
  for (const [module, name] of Object.entries(wanted.others ?? {})) {
    if (!(await runCommand(found.python, ["-c", `import ${module}`], { signal })).ok) missing.push(name);
  }
  if (missing.length === 0) return found;
  wanted.say(`installing ${missing.join(", ")} beside ${wanted.package}, once`);
  const result = await runCommand(found.python, [...pipInstall, ...missing], { signal });
  return result.ok ? found : { skipped: `no ${missing.join(", ")}: ${lastWords(result.output)}` };
}

const pipInstall = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"];

async function findMain({ module, package: name, say }: WantedPython): Promise<FoundPython> {
  const { signal } = new AbortController();
  const hasModule = async (python: string): Promise<boolean> =>
    (await runCommand(python, ["-c", `import ${module}`], { signal })).ok;
  const own = process.env["KDFLOW_BENCH_PYTHON"];
  if (own) return (await hasModule(own)) ? { python: own } : { skipped: `no ${module} in ${own}` };
  const folder = join(runtimeCacheFolder(), "bench", module);
  const python = process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
  if (await hasModule(python)) return { python };
  const system = await findProgram(["python3", "python"], signal);
  if (system === undefined) return { skipped: `no ${module} (no Python)` };
  say(`installing ${name} into ${folder}, once`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [program, args] of [
    [system, ["-m", "venv", folder]],
    [python, [...pipInstall, name]],
  ] as const) {
    const result = await runCommand(program, args, { signal });
    if (result.ok) continue;
    await rm(folder, { recursive: true, force: true });
    say(`${name} cannot be installed: ${lastWords(result.output)}`);
    return { skipped: `no ${module}` };
  }
  return { python };
}
