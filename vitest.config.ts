import { defineConfig } from "vitest/config";

/** Threads that tests start run the TypeScript sources too. */
const execArgv = ["--import", new URL("tests/unit/cli/run-typescript.mjs", import.meta.url).href];

const project = (name: string, include: string[], timeoutMs: number) => ({
  test: { name, include, testTimeout: timeoutMs, hookTimeout: timeoutMs, pool: "forks" as const, execArgv },
});

export default defineConfig({
  test: {
    projects: [
      project("unit", ["tests/unit/**/*.test.ts"], 60_000),
      project("property", ["tests/property/**/*.test.ts"], 60_000),
      project("contract", ["tests/contract/**/*.test.ts"], 120_000),
      project("cases", ["tests/cases/**/*.test.ts"], 120_000),
      project("e2e", ["tests/e2e/**/*.test.ts"], 600_000),
    ],
  },
});
