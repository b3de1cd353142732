import {
  type BoundProvider,
  comesFromTeacher,
  defineProvider,
  featureInputs,
  KdflowError,
  type LossInputName,
  type LossTermUse,
  type Objective,
  type ObjectiveTerm,
  type PlainWeight,
  type PlanContext,
  type ProviderOf,
  type ProviderUse,
  type TapPair,
  type Task,
  type WeightSpec,
} from "../../core/index.ts";
import type { LossSumOptions } from "../options.ts";
import { shareTotalWeight } from "./weights/total-weight.ts";
import { weighsNothing } from "./weights/weighs-nothing.ts";
import { weightAt } from "./weights/weight-at.ts";
import { weightDependsOnEpochs } from "./weights/weight-dependence.ts";

type Lookup = Pick<PlanContext, "lookup">;

/** The provider that a term names; its options stand apart from the keys that every term has. */
function providerUse(term: LossTermUse): ProviderUse {
  const options = term["options"];
  return { use: term.use, ...(typeof options === "object" ? options : {}) };
}

function termProvider(term: LossTermUse, context: Lookup): BoundProvider<"losses"> {
  return context.lookup("losses", providerUse(term));
}

function termNeeds(term: LossTermUse, context: Lookup): readonly LossInputName[] {
  const { needs, options } = termProvider(term, context);
  return typeof needs === "function" ? needs(options) : needs;
}

/** @throws KDF_PLAN_OPTIONS for a loss whose weights are 0 all along: it is 0 whatever the student answers */
function assertWeighted(options: LossSumOptions): void {
  const terms = Object.values(options);
  if (terms.length === 0 || !terms.every((term) => weighsNothing(termWeight(term)))) return;
  throw new KdflowError("KDF_PLAN_OPTIONS", "all terms of the loss have the weight 0: it teaches nothing", {
    hint: "give at least one term a weight above 0",
  });
}

/** What makes a term depend on how many epochs there are in all: its weight, or its own scalars. */
function termDependence(name: string, term: LossTermUse, context: PlanContext): string | undefined {
  if (weightDependsOnEpochs(termWeight(term))) return `the weight of ${name} (a ramp without stopEpoch)`;
  const provider = termProvider(term, context);
  return provider.dependsOnEpochs?.(provider.options, context);
}

function termWeight(term: LossTermUse): WeightSpec {
  return term.weight ?? 1;
}

function plainWeight(term: LossTermUse): PlainWeight {
  const weight = termWeight(term);
  if (typeof weight === "object" && "total" in weight) {
    throw new KdflowError("KDF_INTERNAL", "a baseline's loss has no baseline of its own");
  }
  return weight;
}

/** The terms that stay without a teacher, at the weights that the task's rules give them; and what to tell the user. */
function withoutTeacher(
  options: LossSumOptions,
  context: Lookup,
  rules: Task["baseline"],
): { options: LossSumOptions; note: string } {
  const terms = Object.entries(options);
  const needsTeacher = ([, term]: [string, LossTermUse]): boolean => termNeeds(term, context).some(comesFromTeacher);
  const removed = terms.filter(needsTeacher).map(([name]) => name);
  if (removed.length === 0) return { options, note: "baseline: the same loss (no term needs the teacher)" };
  const hard = terms.filter((term) => !needsTeacher(term));
  const all = terms.map(([, term]) => plainWeight(term));
  const removedWords = `${removed.join(", ")} removed`;
  if (hard.length === 0) {
    const { use, options: own = {} } = rules.term ?? noBaseline(removed);
    const [weight = 1] = shareTotalWeight([1], all);
    const note = `baseline: ${use} weight ${weightWords(weight)} added (${removedWords}, no other term was there)`;
    return { options: { [use]: { use, weight, options: own } }, note };
  }
  if (rules.weights === "keep") {
    const note = `baseline: ${hard.map(([name]) => name).join(", ")} alone, at the same weights (${removedWords})`;
    return { options: Object.fromEntries(hard), note };
  }
  const weights = shareTotalWeight(
    hard.map(([, term]) => plainWeight(term)),
    all,
  );
  const kept = hard.map(([name, term], index): [string, LossTermUse] => [
    name,
    { ...term, weight: weights[index] ?? 0 },
  ]);
  const changes = kept.map(([name, term], index) => {
    const before = hard[index]?.[1] ?? term;
    return `${name} weight ${weightWords(termWeight(before))} → ${weightWords(termWeight(term))}`;
  });
  return { options: Object.fromEntries(kept), note: `baseline: ${changes.join(", ")} (${removedWords})` };
}

function noBaseline(removed: readonly string[]): never {
  throw new KdflowError("KDF_PLAN_OPTIONS", `nothing is left of the loss without a teacher: ${removed.join(", ")}`, {
    hint: "add a term on the labels, or say `baseline: false` at the train stage",
  });
}

function weightWords(weight: WeightSpec): string {
  const digits = (value: number): string => String(Number(value.toPrecision(6)));
  if (typeof weight === "number") return digits(weight);
  if ("total" in weight) return `${weight.part === undefined ? "" : "its share of "}the total of all terms`;
  return `${digits(weight.from)}…${digits(weight.to)}`;
}

/** The weighted sum of loss terms; each term's weight may change over the run. */
export const sum: ProviderOf<"loss"> = defineProvider<"loss", LossSumOptions>("loss", {
  id: "sum",
  summary: "the weighted sum of loss terms",
  cacheVersion: 1,
  needs: (options, context) => [...new Set(Object.values(options).flatMap((term) => termNeeds(term, context)))],
  terms(options, context) {
    assertWeighted(options);
    return Object.entries(options).flatMap(([name, term]) => {
      const { takes = [], matches, outputKind } = termProvider(term, context);
      const key = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      const option = term.at === undefined ? key : `${key}/at`;
      const needs = termNeeds(term, context);
      const adapted = term.adapter !== undefined;
      return placesOf(name, term).map((place) => ({ ...place, needs, takes, option, adapted, matches, outputKind }));
    });
  },
  dependsOnEpochs(options, context) {
    const dependences = Object.entries(options).map(([name, term]) => termDependence(name, term, context));
    return dependences.find((dependence) => dependence !== undefined);
  },
  baseline: withoutTeacher,
  create: async (options, context): Promise<Objective> => {
    const terms: ObjectiveTerm[] = [];
    for (const [name, use] of Object.entries(options)) {
      const provider = termProvider(use, context);
      const { takes, adapts, outputKind } = provider;
      const shared = { needs: termNeeds(use, context), takes, adapts, outputKind };
      const adapter = use.adapter && (await context.provider("adapters", use.adapter));
      const spec = termWeight(use);
      const places = placesOf(name, use);
      const weight = (epoch: number, epochs: number): number => weightAt(spec, epoch, epochs) / places.length;
      if (provider.joins === true) {
        const needs = places.flatMap((_, index) => shared.needs.map((input) => joinedInput(input, index)));
        const at = places.flatMap((place) => place.at ?? []);
        const term = await provider.create(provider.options, context);
        terms.push({ name, ...shared, needs, joined: at, term, adapter, weight: (...when) => weightAt(spec, ...when) });
        continue;
      }
      for (const place of places) {
        const term = await provider.create(provider.options, context);
        terms.push({ ...place, ...shared, term, adapter, weight });
      }
    }
    return { terms };
  },
});

/** What a term that joins pairs of taps calls the features of one of them; other inputs have their own name. */
function joinedInput(input: LossInputName, index: number): LossInputName {
  return featureInputs.includes(input) ? `${input}${index + 1}` : input;
}

/** A term of several pairs of taps is several terms, each of its own pair and with an equal part of the weight. */
function placesOf(name: string, { at }: LossTermUse): readonly { readonly name: string; readonly at?: TapPair }[] {
  if (at === undefined) return [{ name }];
  const pairs = typeof at === "string" ? [[at, at] as const] : Object.entries(at);
  return pairs.map(([student, teacher]) => ({
    name: pairs.length === 1 ? name : `${name}.${student}`,
    at: { student, teacher },
  }));
}
