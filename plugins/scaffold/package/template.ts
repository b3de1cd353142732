import type { FamilyName, JsonSchema } from "../../../core/index.ts";

/** The package that tests of plugins import, and that kdflow itself never does. */
export const tfjs = "@tensorflow/tfjs";

/** The names of a package that is made. */
export interface PackageNames {
  /** Of the package: `kdflow-plugin-soft-focal`. */
  readonly package: string;
  /** Of the provider, and of its file: `soft-focal`. */
  readonly id: string;
  /** Of the exported value: `softFocal`. */
  readonly value: string;
  /** Of the type of its options: `SoftFocalOptions`. */
  readonly type: string;
}

/** What a package of one family starts with. */
export interface FamilyTemplate {
  readonly family: FamilyName;
  /** What it is, for the README. */
  readonly summary: string;
  readonly schema: JsonSchema;
  /** `src/<id>.ts`. */
  source(names: PackageNames): string;
  /** `test/<id>.test.ts`. */
  test(names: PackageNames): string;
  /** Stages of a pipeline that use it. */
  stages(names: PackageNames): string;
}
