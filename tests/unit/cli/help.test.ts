import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { commandTable } from "../../../core/cli/command-table.ts";
import { formatCommandHelp, formatGeneralHelp } from "../../../core/cli/help.ts";

const visible = commandTable.filter(({ hidden }) => hidden !== true);

describe("the command table", () => {
  it("has distinct names, modules that export a command, and summaries that are sentences", async () => {
    expect(new Set(commandTable.map(({ name }) => name)).size).toBe(commandTable.length);
    for (const { summary, options, positionals, load } of commandTable) {
      for (const text of [summary, ...options.map((option) => option.summary), ...positionals.map((p) => p.summary)]) {
        expect(text).toMatch(/^[A-Z].*[.`]$/);
      }
      expect(typeof (await load()).command).toBe("function");
    }
  });

  it("offers --json on every command that people call", () => {
    for (const { name, options } of visible)
      expect(
        options.map((option) => option.name),
        name,
      ).toContain("json");
  });
});

describe("docs/cli.md", () => {
  let page: string;

  beforeAll(async () => {
    page = await readFile(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  });

  it("has a section for every command, and for no other", () => {
    const headings = [...page.matchAll(/^## kdflow (.*)$/gm)].map(([, name]) => name);
    expect(headings).toEqual(visible.map(({ name }) => name));
  });

  it("shows the help as it is printed", () => {
    expect(page).toContain(`\`\`\`text\n${formatGeneralHelp(commandTable)}\n\`\`\``);
    for (const command of visible) {
      expect(page).toContain(`## kdflow ${command.name}\n\n\`\`\`text\n${formatCommandHelp(command)}\n\`\`\``);
    }
  });
});
