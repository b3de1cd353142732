import { KdflowError, type StepBody, type StepSpec } from "../../../core/index.ts";

/**
 * The body of a step, or one of its variants.
 *
 * @throws KDF_INTERNAL for a variant that the spec does not have
 */
export function bodyOf({ body, variants }: StepSpec, variant: string | undefined): StepBody {
  if (variant === undefined) return body;
  const found = variants?.[variant];
  if (found === undefined) throw new KdflowError("KDF_INTERNAL", `the step has no variant "${variant}"`);
  return found;
}
