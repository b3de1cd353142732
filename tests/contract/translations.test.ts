import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const repository = join(import.meta.dirname, "../..");
const read = (path: string): Promise<string> => readFile(join(repository, path), "utf8");

const translated = (await readdir(join(repository, "docs/zh-CN"))).sort();
const pairs: readonly (readonly [english: string, chinese: string])[] = [
  ["README.md", "README.zh-CN.md"],
  ...translated.map((name) => [`docs/${name}`, `docs/zh-CN/${name}`] as const),
];

const fence = /^```.*?^```$/gms;

function codeBlocks(page: string): readonly string[] {
  return page.match(fence) ?? [];
}

/** The page without what stands in fences. */
function prose(page: string): string {
  return page.replaceAll(fence, "```");
}

function headings(page: string): readonly { readonly level: number; readonly anchor: string }[] {
  return [...prose(page).matchAll(/^(#+) (.+)$/gm)].map(([, marks = "", text = ""]) => ({
    level: marks.length,
    anchor: text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-"),
  }));
}

/** What begins each line that is no plain text: headings, items, rows of tables, quotes and fences, in their order. */
function structure(page: string): readonly string[] {
  return [...prose(page).matchAll(/^(#+ |- |\||> |```)/gm)].map(([, mark = ""]) => mark);
}

/** Targets of links, from the page. */
function links(page: string): readonly string[] {
  return [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
}

describe.each(pairs)("%s and %s", (english, chinese) => {
  it("have the same headings, lists, tables and code", async () => {
    const [original, translation] = [await read(english), await read(chinese)];
    const levels = (page: string): readonly number[] => headings(page).map(({ level }) => level);
    expect(levels(translation)).toEqual(levels(original));
    expect(codeBlocks(translation)).toEqual(codeBlocks(original));
    expect(codeBlocks(translation)).not.toEqual([]);
    expect(structure(translation)).toEqual(structure(original));
    expect(links(translation)).toHaveLength(links(original).length);
  });

  it("name each other, and link to what is there", async () => {
    const to = (from: string, other: string): string => relative(dirname(from), other);
    expect(links(await read(english))).toContain(to(english, chinese));
    expect(links(await read(chinese))).toContain(to(chinese, english));
    for (const page of [english, chinese]) {
      for (const link of links(await read(page))) {
        if (/^https?:/.test(link)) continue;
        const [path = "", anchor] = link.split("#");
        const target = await read(path === "" ? page : join(dirname(page), path));
        if (anchor !== undefined) expect(headings(target).map((heading) => heading.anchor)).toContain(anchor);
      }
    }
  });
});

it("is written in Chinese, line for line", async () => {
  for (const [, chinese] of pairs) {
    const plain = prose(await read(chinese)).split("\n");
    const words = plain.filter((line) => /[a-z]{3}/i.test(line) && !/^\[English\]|^\||^# kdflow$/.test(line));
    for (const line of words) expect([chinese, line]).toEqual([chinese, expect.stringMatching(/\p{Script=Han}/u)]);
  }
});
