import { describe, expect, it } from "vitest";
import { selectClasses } from "../../../plugins/tasks/classification/class-selection.ts";
import { relativeError, tolerances } from "../../support/tolerances.ts";

/** Softmax of a row in float64. */
function softmax(row: readonly number[]): number[] {
  const most = Math.max(...row);
  const masses = row.map((logit) => Math.exp(logit - most));
  const total = masses.reduce((sum, mass) => sum + mass, 0);
  return masses.map((mass) => mass / total);
}

function select(classNames: string[], data: string[], rows: number[][], classMap?: Record<string, string>): number[][] {
  const selection = selectClasses({ classNames, classMap }, data);
  const into = new Float32Array(rows.length * data.length);
  const chosen = selection.select(Float32Array.from(rows.flat()), rows.length, into);
  return rows.map((_, row) => [...chosen.subarray(row * data.length, (row + 1) * data.length)]);
}

describe("selectClasses", () => {
  it("hands logits on as they are where the classes are the same", () => {
    const selection = selectClasses({ classNames: ["cat", "dog"] }, ["cat", "dog"]);
    const logits = Float32Array.of(1, 2, 3, 4);
    expect(selection).toMatchObject({ same: true, sourceClasses: 2, classes: 2 });
    expect(selection.select(logits, 2, new Float32Array(0))).toBe(logits);
  });

  it("puts the teacher's classes into the order of the data", () => {
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(select(["cat", "dog", "fox"], ["fox", "cat", "dog"], rows)).toEqual([
      [3, 1, 2],
      [6, 4, 5],
    ]);
  });

  it("drops classes that the data does not have, so that softmax is over the others", () => {
    const row = [0.5, 9, -1, 2];
    const [chosen = []] = select(["cat", "yeti", "dog", "fox"], ["dog", "cat", "fox"], [row]);
    expect(chosen).toEqual([-1, 0.5, 2]);
    const all = softmax(row);
    const known = [2, 0, 3].map((place) => all[place] ?? 0);
    const mass = known.reduce((sum, probability) => sum + probability, 0);
    const expected = known.map((probability) => probability / mass);
    expect(relativeError(softmax(chosen), expected)).toBeLessThanOrEqual(tolerances.value);
  });

  it("adds the probabilities of classes that stand for one class", () => {
    const row = [2, -3, 0.25, 1.5];
    const classMap = { airliner: "plane", jet: "plane", hound: "dog" };
    const [chosen = []] = select(["airliner", "hound", "cat", "jet"], ["plane", "cat", "dog"], [row], classMap);
    expect(relativeError(chosen, [Math.log(Math.exp(2) + Math.exp(1.5)), 0.25, -3])).toBeLessThanOrEqual(
      tolerances.value,
    );
    const [airliner = 0, hound = 0, cat = 0, jet = 0] = softmax(row);
    expect(relativeError(softmax(chosen), [airliner + jet, cat, hound])).toBeLessThanOrEqual(tolerances.value);
  });

  it("merges a renamed class with one that has the data's name already", () => {
    const [[plane] = []] = select(["plane", "jet"], ["plane"], [[1, 1]], { jet: "plane" });
    expect(plane).toBeCloseTo(1 + Math.log(2), 6);
  });

  it("merges extreme logits without overflow", () => {
    const merge = (first: number, second: number): number =>
      select(["jet", "airliner"], ["plane"], [[first, second]], { jet: "plane", airliner: "plane" })[0]?.[0] ??
      Number.NaN;
    expect(merge(1e4, 1e4)).toBeCloseTo(1e4 + Math.log(2), 2);
    expect(merge(-1e4, 1e4)).toBe(1e4);
    expect(merge(Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
    expect(merge(Number.POSITIVE_INFINITY, 0)).toBe(Number.POSITIVE_INFINITY);
    expect(merge(Number.NaN, 0)).toBeNaN();
  });

  it("fills only the rows it was given, so that one buffer serves every batch", () => {
    const selection = selectClasses({ classNames: ["dog", "cat"] }, ["cat", "dog"]);
    const into = new Float32Array(4).fill(-1);
    expect(selection.select(Float32Array.of(1, 2), 1, into)).toBe(into);
    expect([...into]).toEqual([2, 1, -1, -1]);
  });

  it("takes names of the language's own for names", () => {
    expect(select(["constructor", "cat"], ["cat", "constructor"], [[1, 2]], { cat: "cat" })).toEqual([[2, 1]]);
  });

  it("matches equal lists place by place, even where a name occurs twice", () => {
    expect(selectClasses({ classNames: ["crane", "crane"] }, ["crane", "crane"]).same).toBe(true);
    expect(() => selectClasses({ classNames: ["crane", "dog"] }, ["crane", "crane"])).toThrow(
      'the data has two classes "crane", so that classes of the teacher cannot be matched by name',
    );
  });
});

describe("a teacher that does not fit the data", () => {
  const hintsOf = (classNames: string[], data: string[], classMap?: Record<string, string>): readonly string[] => {
    try {
      selectClasses({ classNames, classMap }, data);
    } catch (error) {
      return (error as { hint: readonly string[] }).hint;
    }
    return [];
  };

  it("gets a line to paste: nearly equal names first, the others in their order", () => {
    const teacher = ["airplane", "automobile", "brid", "cat"];
    expect(hintsOf(teacher, ["plane", "car", "bird", "cat"])).toEqual([
      'classes of the teacher that are none of the data: "airplane", "automobile", "brid"',
      "say at the teacher which of them mean the same, and check each pair: `classMap: { airplane: plane, automobile: car, brid: bird }`",
    ]);
  });

  it("gets a blank to fill in where neither a name nor the number of classes says which one is meant", () => {
    expect(hintsOf(["airplane", "jet", "ships"], ["plane", "ship"])[1]).toContain(
      "`classMap: { …: plane, ships: ship }`",
    );
  });

  it("keeps what the map already says, and quotes what YAML would not read as text", () => {
    const [, line] = hintsOf(["one", "nought", "3", "on"], ["1", "0", "three", "on"], { one: "1" });
    expect(line).toContain('`classMap: { one: "1", nought: "0", "3": three }`');
  });

  it("lists at most five names", () => {
    const data = Array.from("abcdefg", (letter) => `${letter}${letter}`);
    expect(() => selectClasses({ classNames: ["aa"] }, data)).toThrow(
      'the teacher lacks 6 of the 7 classes of the data: "bb", "cc", "dd", "ee", "ff" and 1 more',
    );
  });

  it("is told to be another one where all of its classes are matched already", () => {
    expect(hintsOf(["cat"], ["cat", "dog"])).toEqual([
      "every class of the teacher is matched already; take a teacher that knows the others too, or data without them",
    ]);
  });

  it("is refused with KDF_PLAN_CLASS_MAP where the map names classes that are not there", () => {
    const map = (classMap: Record<string, string>): unknown =>
      selectClasses({ classNames: ["jet"], classMap }, ["plane"]);
    expect(() => map({ jett: "plane" })).toThrow('`classMap` names the class "jett", which the teacher does not have');
    expect(() => map({ jet: "plain" })).toThrow('`classMap` takes "jet" for "plain", which is no class of the data');
  });
});
