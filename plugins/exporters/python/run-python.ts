import { KdflowError } from "../../../core/index.ts";
import { findProgram, lastWords, runCommand } from "../../backends/native/run-command.ts";

/** Names the Python that exports call, where that is not `python3` or `python` of the search path. */
export const pythonVariable = "KDFLOW_PYTHON";

export interface PythonRequest {
  /** What needs it, as a message says it: `quantize: int8`. */
  readonly purpose: string;
  /** Modules that are imported, and what pip installs for each. */
  readonly packages: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * The Python that has the packages wanted.
 *
 * @throws KDF_EXPORT_PYTHON saying what to install
 */
export async function findPython({ purpose, packages, signal }: PythonRequest): Promise<string> {
  const own = process.env[pythonVariable];
  const python = await findProgram(own ? [own] : ["python3", "python"], signal);
  signal.throwIfAborted();
  const names = Object.values(packages).join(" ");
  if (python === undefined) {
    const what = own ? `${pythonVariable} names "${own}", which does not run` : "there is no Python on the search path";
    throw new KdflowError("KDF_EXPORT_PYTHON", `${purpose} needs Python with ${names}: ${what}`, {
      hint: `install Python 3 and \`pip install ${names}\`, and name it: ${pythonVariable}=/path/to/python3`,
    });
  }
  const missing = await missingPackages(python, packages, signal);
  if (missing.length === 0) return python;
  throw new KdflowError("KDF_EXPORT_PYTHON", `${purpose} needs ${missing.join(" and ")}, which "${python}" has not`, {
    hint: [
      `${python} -m pip install ${missing.join(" ")}`,
      `another Python is named by the environment: ${pythonVariable}=/path/to/python3`,
    ],
  });
}

/** What pip would have to install; modules are looked for, not loaded. */
async function missingPackages(python: string, packages: PythonRequest["packages"], signal: AbortSignal) {
  const look = "import importlib.util, sys; print(*[n for n in sys.argv[1:] if importlib.util.find_spec(n) is None])";
  const { ok, output } = await runCommand(python, ["-c", look, ...Object.keys(packages)], { signal });
  signal.throwIfAborted();
  if (!ok) return Object.values(packages);
  const missing = new Set(output.trim().split(/\s+/));
  return Object.entries(packages).flatMap(([module, name]) => (missing.has(module) ? [name] : []));
}

/**
 * Runs a script of ours to its end.
 *
 * @param python of {@link findPython}
 * @throws KDF_EXPORT_PYTHON with the last lines that it printed
 */
export async function runPython(
  python: string,
  script: string,
  args: readonly string[],
  { purpose, signal }: Pick<PythonRequest, "purpose" | "signal">,
): Promise<void> {
  const result = await runCommand(python, ["-c", script, ...args], { signal, env: pythonEnvironment() });
  signal.throwIfAborted();
  if (result.ok) return;
  throw new KdflowError("KDF_EXPORT_PYTHON", `${purpose} failed in Python: ${lastWords(result.output)}`, {
    hint: `"${python}" ran it; newer versions of its packages may do better`,
  });
}

/** Processors alone, and no notes about them. */
export function pythonEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CUDA_VISIBLE_DEVICES: "-1", TF_CPP_MIN_LOG_LEVEL: "3", PYTHONIOENCODING: "utf-8" };
}
