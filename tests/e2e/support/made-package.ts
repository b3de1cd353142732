import { execFile } from "node:child_process";
import { mkdir, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { repository } from "./cli.ts";

const run = promisify(execFile);

/**
 * Packs kdflow as it would be published.
 *
 * @returns path of the tarball
 */
export async function packKdflow(folder: string): Promise<string> {
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder], {
    cwd: repository,
  });
  return join(folder, stdout.trim());
}

/** Gives a package the packed kdflow, and every other package from this repository, so that no network is needed. */
export async function installBeside(folder: string, tarball: string): Promise<void> {
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "kdflow"), { recursive: true });
  await run("tar", ["-xzf", tarball, "-C", join(modules, "kdflow"), "--strip-components=1"]);
  for (const name of await readdir(join(repository, "node_modules"))) {
    await symlink(join(repository, "node_modules", name), join(modules, name));
  }
}

/** Runs a command in a folder; what it wrote is in the error where it fails. */
export async function runIn(folder: string, command: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await run(command, args, { cwd: folder, env: { ...process.env, NO_COLOR: "1" } }).catch(
    (error: { stdout: string; stderr: string; message: string }) => {
      throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
    },
  );
  return stdout + stderr;
}
