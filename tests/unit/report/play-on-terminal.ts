/** Run by `terminal-pty.test.ts` on a pseudo-terminal: plays a run through the real report. */
import { setTimeout as delay } from "node:timers/promises";
import { createHooks } from "../../../core/plugins/hooks.ts";
import { createLiveLine } from "../../../core/report/live-line.ts";
import { detectCapabilities } from "../../../core/report/style.ts";
import { reportToTerminal } from "../../../core/report/terminal.ts";
import { playRun } from "./run-events.ts";

const hooks = createHooks();
const capabilities = detectCapabilities(process.stderr, process.env);
reportToTerminal(hooks, { line: createLiveLine(process.stderr, capabilities.live), capabilities });
await playRun(hooks, () => delay(60));
