import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { allowedHint, KdflowError } from "../../../core/index.ts";
import { builtins } from "../../index.ts";
import { packageFiles } from "./package-files.ts";
import type { FamilyTemplate, PackageNames } from "./template.ts";

/** Families for which a package can be made, in the order in which they are listed. */
export const packageFamilies = ["losses", "backbones", "data", "teachers", "exporters"] as const;

type PackageFamily = (typeof packageFamilies)[number];

const templates: Readonly<Record<PackageFamily, () => Promise<FamilyTemplate>>> = {
  losses: async () => (await import("./families/losses.ts")).lossesTemplate,
  backbones: async () => (await import("./families/backbones.ts")).backbonesTemplate,
  data: async () => (await import("./families/data.ts")).dataTemplate,
  teachers: async () => (await import("./families/teachers.ts")).teachersTemplate,
  exporters: async () => (await import("./families/exporters.ts")).exportersTemplate,
};

/**
 * Makes a folder with a package of one provider, its schema and its test. A folder that is there stays as it is.
 *
 * @param wanted name or path of the folder; `kdflow-plugin-` is put before the package's name where it lacks it
 * @returns what was written, from the working directory
 * @throws KDF_CLI_USAGE for a name that no package can have, a family without a template, a folder that exists
 */
export async function createPackage(wanted: string, family: string, cwd: string): Promise<readonly string[]> {
  if (!isFamily(family)) {
    throw new KdflowError("KDF_CLI_USAGE", `"${family}" is no family that packages are made for`, {
      hint: allowedHint(family, packageFamilies, "families"),
    });
  }
  const folder = resolve(cwd, wanted);
  const names = namesOf(basename(folder));
  const template = await templates[family]();
  assertFree(names, template);
  const files = packageFiles({ names, template, kdflow: builtins.version });
  await mkdir(dirname(folder), { recursive: true });
  await mkdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EEXIST") throw cause;
    throw new KdflowError("KDF_CLI_USAGE", `"${wanted}" is there already`, {
      hint: "choose another name, or remove it",
      cause,
    });
  });
  try {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  return Object.keys(files).map((path) => join(wanted, path));
}

const isFamily = (family: string): family is PackageFamily => packageFamilies.some((name) => name === family);

/** Two claimants of an id are an error, so that the first pipeline would fail. */
function assertFree({ id }: PackageNames, { family }: FamilyTemplate): void {
  if (builtins.providers?.some((provider) => provider.family === family && provider.id === id) !== true) return;
  throw new KdflowError("KDF_CLI_USAGE", `kdflow has a provider ${family}/${id} of its own`, {
    hint: "choose another name",
  });
}

function namesOf(name: string): PackageNames {
  const id = name.replace(/^kdflow-plugin-/, "");
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id)) {
    throw new KdflowError("KDF_CLI_USAGE", `"${name}" is no name of a plugin`, {
      hint: "small letters, digits and dashes, such as soft-focal",
    });
  }
  const pascal = id.replaceAll(/(?:^|-)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
  const value = pascal.replace(/^./, (first) => first.toLowerCase());
  return { package: `kdflow-plugin-${id}`, id, value, type: `${pascal}Options` };
}
