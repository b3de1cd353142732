import { defineProvider, type ProviderOf } from "../../core/index.ts";
import type { TeacherEnsembleOptions } from "../options.ts";

/**
 * Several teachers that answer as one: the average of their logits, or of their probabilities. Members are teachers
 * from files, written in place, or stages of their own on the port `members`. Soft labels store each member's logits by
 * themselves.
 *
 * @see Hinton, Vinyals, Dean (2015), arXiv:1503.02531, section 2 and 5
 */
export const ensemble: ProviderOf<"teacher"> = defineProvider<"teacher", TeacherEnsembleOptions>("teacher", {
  id: "ensemble",
  summary: "several teachers that answer as one, each with its own input size and stored labels",
  reference: "arXiv:1503.02531",
  cacheVersion: 1,
  numeric: true,
  ports: {
    members: { accepts: ["teacher", "train", "model"], many: true, optional: true, asTeacher: true },
  },

  async fingerprint(options, context) {
    return (await import("./ensemble/members.ts")).fingerprintMembers(options, context);
  },

  async describe(options, inputs, context) {
    return (await import("./ensemble/members.ts")).describeMembers(options, inputs, context);
  },

  async run(options, inputs, context) {
    await (await import("./ensemble/members.ts")).writeMembers(options, inputs, context);
  },

  async open({ directory, digest }, options, context) {
    const { openEnsemble } = await import("./ensemble/open-ensemble.ts");
    const inputs = { data: await context.openInput("data"), members: await context.openInput("members") };
    return openEnsemble({ directory, digest }, options, context, inputs);
  },
});
