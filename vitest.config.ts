import { defineConfig } from "vitest/config";

/** Threads that tests start run the TypeScript sources too. */
const typescript = new URL("./scripts/run-typescript.mjs", import.meta.url).href;

/** Tests that take long: `<topic>.slow.test.ts`, in any folder. They run in `npm run test:slow` and in automation. */
const slow = "tests/**/*.slow.test.ts";

const project = (name: string, include: string[], timeoutMs: number, exclude: string[] = [slow]) => ({
  test: {
    name,
    include,
    exclude,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    pool: "forks" as const,
    execArgv: ["--import", typescript],
  },
});

export default defineConfig({
  test: {
    // the default leaves one processor free, which is half of a small machine
    maxWorkers: "100%",
    projects: [
      project("unit", ["tests/unit/**/*.test.ts"], 60_000),
      project("property", ["tests/property/**/*.test.ts"], 60_000),
      project("contract", ["tests/contract/**/*.test.ts"], 120_000),
      project("cases", ["tests/cases/**/*.test.ts"], 120_000),
      project("slow", [slow, "tests/e2e/**/*.test.ts"], 600_000, []),
    ],
  },
});
