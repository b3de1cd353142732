import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { pythonVariable } from "../../plugins/exporters/python/run-python.ts";

const run = promisify(execFile);

/** The Python that exports take: the one that the environment names, else `python3`. */
export const python: string = process.env[pythonVariable] || "python3";

/** Why tests that need these modules are left out; `undefined` where they are all there. */
export async function missingModules(...modules: readonly string[]): Promise<string | undefined> {
  const look = "import importlib.util, sys; print(*[n for n in sys.argv[1:] if importlib.util.find_spec(n) is None])";
  try {
    const { stdout } = await run(python, ["-c", look, ...modules]);
    return stdout.trim() === "" ? undefined : `${python} has no module ${stdout.trim()}`;
  } catch {
    return `there is no ${python}`;
  }
}
