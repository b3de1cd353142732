import { mkdir, readdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { lastWords, runCommand } from "./run-command.ts";

/** Releases whose C library tfjs-node 4.22.0 was seen to work with. */
const requirement = "tensorflow-cpu>=2.16,<2.22";

/** For Pythons that have no wheel of their own: any wheel serves, because only its C library is used. */
const anyPython = [
  ...["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312"],
  ...["manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"].flatMap((tag) => ["--platform", tag]),
];

/** Unpacks, streaming, the two libraries into `lib/` and the C headers into `include/`. */
const unpackScript = `
import os, shutil, sys, zipfile
wheel, target = sys.argv[1:3]
libraries = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        parts = name.split("/")
        if name in libraries:
            path = os.path.join(target, "lib", parts[-1])
        elif parts[:2] == ["tensorflow", "include"] and name.endswith(".h") and parts[2] in ("tensorflow", "tsl", "xla"):
            path = os.path.join(target, *parts[1:])
        else:
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(name) as source, open(path, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
`;

export interface WheelRequest {
  readonly python: string;
  /** Scratch folder on the file system of the cache. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** Downloads the TensorFlow wheel; gives its path, or the reason why not. */
export async function downloadWheel({
  python,
  scratch,
  signal,
}: WheelRequest): Promise<{ path: string } | { reason: string }> {
  const target = join(scratch, "wheel");
  const temporary = join(scratch, "pip");
  await mkdir(temporary, { recursive: true });
  const env = { ...process.env, TMPDIR: temporary };
  const download = (...more: string[]) =>
    runCommand(
      python,
      ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", target, ...more, requirement],
      { env, signal },
    );
  let result = await download();
  if (!result.ok && /no matching distribution/i.test(result.output)) result = await download(...anyPython);
  if (!result.ok) return { reason: `pip could not download ${requirement}: ${lastWords(result.output)}` };
  const wheel = (await readdir(target)).find((file) => file.endsWith(".whl"));
  if (wheel === undefined) return { reason: `pip downloaded no wheel of ${requirement}` };
  return { path: join(target, wheel) };
}

/**
 * Puts the libraries and headers of a wheel where tfjs-node looks for them: `deps/lib` and `deps/include` of its
 * package.
 *
 * @returns the reason of a failure
 */
export async function unpackWheel(
  wheel: string,
  packageFolder: string,
  request: WheelRequest,
): Promise<string | undefined> {
  const { python, signal } = request;
  const deps = join(packageFolder, "deps");
  await rm(deps, { recursive: true, force: true });
  const unpacked = await runCommand(python, ["-c", unpackScript, wheel, deps], { signal });
  if (!unpacked.ok) return `the TensorFlow wheel could not be unpacked: ${lastWords(unpacked.output)}`;
  await rm(wheel, { force: true });
  const library = join(deps, "lib", "libtensorflow_cc.so.2");
  // symbols for debuggers are a quarter of it; without `strip` they just stay
  await runCommand("strip", ["--strip-unneeded", library], { signal });
  const links = {
    "libtensorflow.so": "libtensorflow_cc.so.2",
    "libtensorflow_framework.so": "libtensorflow_framework.so.2",
    // the name by which the package's install script knows that nothing needs downloading
    "libtensorflow.so.2.9.1": "libtensorflow_cc.so.2",
  };
  for (const [link, file] of Object.entries(links)) await symlink(file, join(deps, "lib", link));
  return undefined;
}
