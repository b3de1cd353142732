import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runtimeCacheFolder } from "../../core/index.ts";
import { findProgram, lastWords, runCommand } from "../../plugins/backends/native/run-command.ts";

export type FoundTorch = { readonly python: string } | { readonly skipped: string };

/**
 * Looks for a Python that has PyTorch: `$KDFLOW_BENCH_PYTHON`, else one in kdflow's cache, which is made where it is
 * missing (a virtual environment and `pip install torch`).
 *
 * @param others packages that are needed beside it, by the names that they are imported and installed under
 */
export async function findTorch(
  say: (text: string) => void,
  others: Readonly<Record<string, string>> = {},
): Promise<FoundTorch> {
  const { signal } = new AbortController();
  const found = await findPython(say);
  if ("skipped" in found) return found;
  const missing: string[] = [];
  for (const [module, name] of Object.entries(others)) {
    if (!(await runCommand(found.python, ["-c", `import ${module}`], { signal })).ok) missing.push(name);
  }
  if (missing.length === 0) return found;
  say(`installing ${missing.join(", ")} beside PyTorch, once`);
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", ...missing];
  const result = await runCommand(found.python, install, { signal });
  return result.ok ? found : { skipped: `no ${missing.join(", ")}: ${lastWords(result.output)}` };
}

async function findPython(say: (text: string) => void): Promise<FoundTorch> {
  const { signal } = new AbortController();
  const hasTorch = async (python: string): Promise<boolean> =>
    (await runCommand(python, ["-c", "import torch"], { signal })).ok;
  const own = process.env["KDFLOW_BENCH_PYTHON"];
  if (own) return (await hasTorch(own)) ? { python: own } : { skipped: `no torch in ${own}` };
  const folder = join(runtimeCacheFolder(), "bench", "torch");
  const python = process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
  if (await hasTorch(python)) return { python };
  const system = await findProgram(["python3", "python"], signal);
  if (system === undefined) return { skipped: "no torch (no Python)" };
  say(`installing PyTorch into ${folder}, once`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1", "torch"];
  for (const [program, args] of [
    [system, ["-m", "venv", folder]],
    [python, install],
  ] as const) {
    const result = await runCommand(program, args, { signal });
    if (result.ok) continue;
    await rm(folder, { recursive: true, force: true });
    say(`PyTorch cannot be installed: ${lastWords(result.output)}`);
    return { skipped: "no torch" };
  }
  return { python };
}
