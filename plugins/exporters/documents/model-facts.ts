import type { Model } from "../../../core/index.ts";

/** Under which licences what a student was made of stands, as its user declares. */
export interface Licences {
  readonly teacher?: string;
  readonly data?: string;
  readonly student?: string;
}

/** What a report of any format says of the model that was written, and which one it is. */
export function modelFacts({ description, digest }: Model): Readonly<Record<string, unknown>> {
  const { outputs, classNames, parameters, multiplyAdds, best } = description;
  return { outputs, classNames, parameters, multiplyAdds, ...(best && { best }), modelDigest: digest };
}
