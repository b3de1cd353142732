/** The kinds a stage can be of, in the order in which help and docs list them. */
export const kindNames = [
  "data",
  "teacher",
  "softLabels",
  "student",
  "loss",
  "train",
  "model",
  "evaluate",
  "export",
] as const;
export type KindName = (typeof kindNames)[number];

/** Kinds whose results can fill a `teacher` port; their stages may say `classMap:`. */
export const teacherKinds: readonly KindName[] = ["teacher", "train", "model"];

/** Families of components: parts that stages are built from. */
export const componentFamilyNames = [
  "networks",
  "backbones",
  "necks",
  "heads",
  "adapters",
  "losses",
  "augmentations",
  "optimizers",
  "schedules",
  "decoders",
  "metrics",
  "tasks",
  "backends",
  "executors",
  "emitters",
] as const;
export type ComponentFamilyName = (typeof componentFamilyNames)[number];

/** Everything a `use:` can be looked up in. The kind `student` is served by the family `networks`. */
export type FamilyName = Exclude<KindName, "student"> | ComponentFamilyName;

/** What may fill a port. A trained `model` may stand in for a `teacher`, but only when the pipeline names it. */
export interface PortSpec {
  /** Kinds that fit. The first one is the port's own name where a stage of that name exists. */
  readonly accepts: readonly KindName[];
  readonly optional?: boolean;
  /** Its values are frozen teachers; a trained model on it becomes one. */
  readonly asTeacher?: boolean;
  readonly many?: boolean;
}

export interface KindSpec {
  /** The family whose providers serve this kind. */
  readonly family: FamilyName;
  /** Declarations are planned and checked, never stored; their whole content enters the keys of what uses them. */
  readonly declaration?: boolean;
  readonly ports: Readonly<Record<string, PortSpec>>;
}

/** The fixed vocabulary of stages; plugins add providers, never kinds. */
export const kinds: Readonly<Record<KindName, KindSpec>> = {
  data: { family: "data", ports: {} },
  teacher: { family: "teacher", ports: { data: { accepts: ["data"], optional: true } } },
  softLabels: {
    family: "softLabels",
    ports: { data: { accepts: ["data"] }, teacher: { accepts: teacherKinds, asTeacher: true } },
  },
  student: { family: "networks", declaration: true, ports: {} },
  loss: { family: "loss", declaration: true, ports: {} },
  train: {
    family: "train",
    ports: {
      data: { accepts: ["data"] },
      student: { accepts: ["student"] },
      loss: { accepts: ["loss"] },
      softLabels: { accepts: ["softLabels"], optional: true },
      teacher: { accepts: teacherKinds, optional: true, asTeacher: true },
    },
  },
  model: { family: "model", ports: {} },
  evaluate: {
    family: "evaluate",
    ports: {
      data: { accepts: ["data"] },
      model: { accepts: ["model", "train"], many: true },
      teacher: { accepts: teacherKinds, optional: true, asTeacher: true },
    },
  },
  export: {
    family: "export",
    ports: {
      model: { accepts: ["model", "train"], many: true },
      data: { accepts: ["data"], optional: true },
      evaluate: { accepts: ["evaluate"], optional: true },
    },
  },
};

/** All families that a `use:` can be looked up in. */
export const familyNames: readonly FamilyName[] = [
  ...new Set([...kindNames.map((kind) => kinds[kind].family), ...componentFamilyNames]),
];

/** The providers that are meant where a stage says no `use`, by kind: those that declare themselves so. */
export type DefaultProviders = Readonly<Partial<Record<KindName, string>>>;
