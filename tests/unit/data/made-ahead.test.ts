import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { madeAhead, ringSlots } from "../../../plugins/data/views/made-ahead.ts";

describe("what is made ahead", () => {
  it("comes in order, each in the slot that is free, while the next ones are being made", async () => {
    const began: string[] = [];
    const make = async (slot: string, number: number): Promise<string> => {
      began.push(`${number}${slot}`);
      // the later ones are ready first
      await setTimeout(10 - number);
      return `${number}${slot}`;
    };
    const taken: string[] = [];
    const seen: string[][] = [];
    for await (const thing of madeAhead(2, 7, ["a", "b", "c"], make)) {
      taken.push(thing);
      seen.push([...began]);
    }
    expect(taken).toEqual(["2c", "3a", "4b", "5c", "6a"]);
    expect(seen[0]).toEqual(["2c", "3a", "4b"]);
    expect(seen[1]).toEqual(["2c", "3a", "4b", "5c"]);
    expect(seen.at(-1)).toEqual(taken);
  });

  it("is nothing where there is nothing to make", async () => {
    for await (const _ of madeAhead(3, 3, ["a"], async () => 1)) expect.unreachable();
  });

  it("fails when its turn comes, and begins nothing after that", async () => {
    const began: number[] = [];
    const make = async (_slot: number, number: number): Promise<number> => {
      began.push(number);
      if (number === 2) throw new Error("of two");
      return number;
    };
    const taken: number[] = [];
    const all = async (): Promise<void> => {
      for await (const number of madeAhead(0, 100, [0, 1, 2], make)) taken.push(number);
    };
    await expect(all()).rejects.toThrow("of two");
    expect(taken).toEqual([0, 1]);
    expect(began.length).toBeLessThanOrEqual(2 + ringSlots);
  });

  it("is dropped where its taker leaves, failures too", async () => {
    for await (const _ of madeAhead(0, 100, [0, 1, 2], async (_slot, number) => {
      await setTimeout(1);
      if (number > 0) throw new Error("never heard of");
    })) {
      break;
    }
    // an unhandled rejection would fail the test run
    await setTimeout(20);
  });
});
