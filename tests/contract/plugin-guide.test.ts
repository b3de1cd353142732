import { readFile } from "node:fs/promises";
import { HookMap, SyncHook, SyncWaterfallHook } from "tapable";
import ts from "typescript";
import { expect, test } from "vitest";
import { createHooks } from "../../core/plugins/hooks.ts";

const root = new URL("../../", import.meta.url);

/** The one-line comments of the members of the interface `Hooks`. */
async function hookComments(): Promise<Record<string, string>> {
  const source = await readFile(new URL("core/plugins/hooks.ts", root), "utf8");
  const file = ts.createSourceFile("hooks.ts", source, ts.ScriptTarget.ES2023, true);
  const table = file.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === "Hooks");
  const members = table !== undefined && ts.isInterfaceDeclaration(table) ? table.members : [];
  return Object.fromEntries(
    members.map((member) => {
      const [comment] = ts.getJSDocCommentsAndTags(member);
      return [member.name?.getText() ?? "", ts.getTextOfJSDocComment(comment?.comment) ?? ""];
    }),
  );
}

/** The rows of the table of hooks in the guide: name, type, sentence. */
async function guideRows(): Promise<Record<string, { readonly type: string; readonly when: string }>> {
  const guide = await readFile(new URL("docs/plugins.md", root), "utf8");
  const table = guide.slice(guide.search(/^\| hook +\| type +\| when +\|$/mu));
  const rows = [...table.matchAll(/^\| `(\w+)` *\| ([^|]+?) *\| ([^|]+?) *\|$/gmu)];
  return Object.fromEntries(rows.map(([, name = "", type = "", when = ""]) => [name, { type, when }]));
}

test("the guide lists every hook with the sentence from the code", async () => {
  const rows = await guideRows();
  const comments = await hookComments();
  expect(Object.keys(comments)).toEqual(Object.keys(createHooks()));
  expect(Object.fromEntries(Object.entries(rows).map(([name, { when }]) => [name, when]))).toEqual(comments);
});

test("the guide says of every hook how it is called", async () => {
  const rows = await guideRows();
  for (const [name, hook] of Object.entries(createHooks())) {
    const kind = hook.constructor;
    const keyed = name === "provide" ? "asynchronous, by family" : "asynchronous, by kind";
    const plain = kind === SyncHook ? "synchronous" : kind === SyncWaterfallHook ? "waterfall" : "asynchronous";
    expect([name, rows[name]?.type]).toEqual([name, kind === HookMap ? keyed : plain]);
  }
});
