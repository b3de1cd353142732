/** Scores one pair of files with kdflow in a process of its own. */
import { scoreFiles } from "../../../plugins/tasks/detection/score-files.ts";

const [truth = "", found = ""] = process.argv.slice(2);
const start = performance.now();
const { scores } = await scoreFiles(truth, found);
const seconds = (performance.now() - start) / 1000;
const memoryMb = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ seconds, memoryMb, AP: scores.AP }));
