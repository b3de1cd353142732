import { expect, it } from "vitest";
import { KdflowError } from "../../../core/index.ts";
import { interview } from "../../../plugins/scaffold/questions/interview.ts";
import { type Asker, back, type Step, yesOrNo } from "../../../plugins/scaffold/questions/question.ts";
import { caught } from "../../support/caught.ts";

const steps: readonly Step[] = [
  { flag: "name", question: () => ({ message: "name:", fallback: "ada" }) },
  {
    flag: "age",
    question: (answers) =>
      answers.get("name") === "nobody"
        ? undefined
        : {
            message: "age:",
            fallback: "36",
            read: (answer) => {
              if (/^\d+$/.test(answer)) return answer;
              throw new KdflowError("KDF_CLI_USAGE", `"${answer}" is no age`);
            },
          },
  },
  { flag: "sure", question: () => ({ message: "sure?", choices: yesOrNo, fallback: "no" }) },
];

/** Answers what is in the list, one after the other, and notes what it was asked. */
function scripted(replies: readonly (string | typeof back)[]): { ask: Asker; asked: string[] } {
  const asked: string[] = [];
  const left = [...replies];
  const ask: Asker = async ({ message }, { canGoBack, refused }) => {
    asked.push([message, ...(canGoBack ? ["may go back"] : []), ...(refused === undefined ? [] : [refused])].join("|"));
    const reply = left.shift();
    if (reply === undefined) throw new Error(`nothing is left to answer "${message}"`);
    return reply;
  };
  return { ask, asked };
}

it("asks in order, and again where an answer is none", async () => {
  const { ask, asked } = scripted(["grace", "old", "41", "maybe", "yes"]);
  const answers = await interview(steps, { given: new Map(), yes: false, ask });
  expect(Object.fromEntries(answers)).toEqual({ name: "grace", age: "41", sure: "yes" });
  expect(asked).toEqual([
    "name:",
    "age:|may go back",
    'age:|may go back|"old" is no age',
    "sure?|may go back",
    expect.stringContaining('"maybe" is none of the answers'),
  ]);
});

it("goes back over what was not asked, and forgets the answers after it", async () => {
  const { ask, asked } = scripted(["grace", back, "nobody", "yes"]);
  const answers = await interview(steps, { given: new Map([["age", "7"]]), yes: false, ask });
  expect(Object.fromEntries(answers)).toEqual({ name: "nobody", sure: "yes" });
  expect(asked.map((line) => line.split("|")[0])).toEqual(["name:", "sure?", "name:", "sure?"]);
});

it("takes what was given, and defaults where it may", async () => {
  const answers = await interview(steps, { given: new Map([["age", "7"]]), yes: true, ask: undefined });
  expect(Object.fromEntries(answers)).toEqual({ name: "ada", age: "7", sure: "no" });
});

it("names the flag of a question that nobody can answer, and of an answer that is none", async () => {
  const unanswered = await caught(() =>
    interview(steps, { given: new Map([["name", "x"]]), yes: false, ask: undefined }),
  );
  expect(unanswered).toMatchObject({
    code: "KDF_CLI_USAGE",
    hint: expect.arrayContaining([expect.stringContaining("--age")]),
  });
  const wrong = await caught(() =>
    interview(steps, { given: new Map([["sure", "perhaps"]]), yes: true, ask: undefined }),
  );
  expect(String((wrong as Error).message)).toContain('--sure: "perhaps"');
});
