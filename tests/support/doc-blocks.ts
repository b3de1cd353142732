import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const repository = join(import.meta.dirname, "../..");

/** A fenced block of the documentation. */
export interface DocBlock {
  /** `docs/cli.md:249`. */
  readonly place: string;
  readonly text: string;
}

/** The blocks of a language in the README and in docs, decisions and generated pages left out. */
export async function docBlocks(languages: readonly string[]): Promise<readonly DocBlock[]> {
  const pages = (await readdir(join(repository, "docs"))).filter((name) => name.endsWith(".md")).sort();
  const files = ["README.md", ...pages.map((page) => `docs/${page}`)];
  const blocks = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(join(repository, file), "utf8");
      const found = text.matchAll(/^```(\w+)\n(.*?)^```$/gms);
      return [...found].flatMap(({ 1: language = "", 2: content = "", index }) => {
        const line = text.slice(0, index).split("\n").length;
        return languages.includes(language) ? [{ place: `${file}:${line}`, text: content }] : [];
      });
    }),
  );
  return blocks.flat();
}
