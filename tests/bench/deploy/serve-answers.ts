import { createInterface } from "node:readline";

/** Runs that settle a rival at the start of its turn. */
const settleRuns = 10;

/**
 * Answers the bench: the logits of the first image once, and for every line that many timed runs.
 *
 * @param answer one image through the file
 */
export async function serveAnswers(answer: () => Promise<Float32Array>): Promise<void> {
  const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
  say({ logits: [...(await answer())] });
  for await (const line of createInterface({ input: process.stdin })) {
    const times: number[] = [];
    for (let run = -settleRuns; run < Number(line); run++) {
      const began = performance.now();
      await answer();
      if (run >= 0) times.push(performance.now() - began);
    }
    say({ times });
  }
}
