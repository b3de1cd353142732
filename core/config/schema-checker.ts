import type { Ajv2020, ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import type { JsonSchema } from "../contracts/json-schema.ts";
import { KdflowError } from "../errors/kdflow-error.ts";
import type { Plain } from "./config-node.ts";

/** A place in options where a component stands, or a map of loss terms. */
export interface Slot {
  /** JSON pointer inside the checked options. */
  readonly pointer: string;
  readonly family: string;
  readonly form: "provider" | "terms";
  /** Options of the schema's own beside the terms. */
  readonly properties: readonly string[];
}

export interface Check {
  /** A copy of the options with the schema's defaults. */
  readonly options: Plain;
  readonly errors: readonly ErrorObject[];
  readonly slots: readonly Slot[];
}

/** Checks options against one schema at a time; each schema is compiled when it is first used. */
export interface SchemaChecker {
  /** @throws KDF_PLUGIN_INVALID where the schema itself is malformed */
  check(schema: JsonSchema, options: Plain, owner: string): Check;
}

/** Ajv's report of a slot that holds neither a name nor a map with `use`. */
export type SlotMistake = "no-use" | "not-a-name" | "not-a-map";

function slotMistake(value: unknown): SlotMistake | undefined {
  if (typeof value === "string") return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "not-a-map";
  if (!("use" in value)) return "no-use";
  return typeof value.use === "string" ? undefined : "not-a-name";
}

/** Adds the keywords `provider` and `terms`, which note the slots they meet while a value is checked. */
function addSlotKeywords(ajv: Ajv2020, note: (slot: Slot) => void): void {
  const define = (form: Slot["form"]): void => {
    ajv.addKeyword({
      keyword: form,
      schemaType: "string",
      errors: "full",
      compile: (family: string, parent: JsonSchema) => {
        const properties = Object.keys(parent["properties"] ?? {});
        const validate: {
          (value: unknown, at?: { instancePath: string }): boolean;
          errors?: Partial<ErrorObject>[];
        } = (value, at) => {
          const mistake = form === "provider" ? slotMistake(value) : undefined;
          const isTerms = typeof value === "object" && value !== null && !Array.isArray(value);
          const pointer = at?.instancePath ?? "";
          if (mistake === undefined && (form === "provider" || isTerms)) {
            note({ pointer, family, form, properties });
          }
          // `type: object` beside `terms` speaks of values that are no map.
          if (mistake === undefined) return true;
          validate.errors = [{ keyword: form, instancePath: pointer, params: { family, mistake } }];
          return false;
        };
        return validate;
      },
    });
  };
  define("provider");
  define("terms");
}

/** The options, and beneath them those of the preset that they name: `presets` of the option `preset`, by name. */
function withPreset({ properties }: JsonSchema, options: Plain): Plain {
  if (typeof options !== "object" || options === null || !("preset" in options)) return options;
  const { preset } = options;
  const { presets = {} } = (properties as Record<string, { presets?: Record<string, object> }>)["preset"] ?? {};
  const named = typeof preset === "string" && Object.hasOwn(presets, preset) ? presets[preset] : {};
  return { ...(structuredClone(named) as Record<string, Plain>), ...options };
}

/** Loads Ajv, which takes longer than all the rest of validation; hence not before something needs checking. */
export async function createSchemaChecker(): Promise<SchemaChecker> {
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const ajv = new Ajv2020({
    strict: true,
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: true,
    useDefaults: true,
    verbose: true,
    addUsedSchema: false,
    // Compiling the meta-schema takes 50 ms; the contract tests check schemas against it, and strict mode stays.
    validateSchema: false,
    meta: false,
    logger: false,
    // Schemas are used once or twice in a process: tidying the generated code costs more than it saves.
    code: { optimize: false },
  });
  let slots: Slot[] = [];
  ajv.addKeyword("says");
  ajv.addKeyword("presets");
  addSlotKeywords(ajv, (slot) => slots.push(slot));
  const compiled = new Map<JsonSchema, ValidateFunction>();

  function compile(schema: JsonSchema, owner: string): ValidateFunction {
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    try {
      const validate = ajv.compile(schema);
      compiled.set(schema, validate);
      return validate;
    } catch (cause) {
      throw new KdflowError("KDF_PLUGIN_INVALID", `the options schema of ${owner} is malformed`, { cause });
    }
  }

  return {
    check(schema, options, owner) {
      const validate = compile(schema, owner);
      const withDefaults = withPreset(schema, structuredClone(options));
      slots = [];
      validate(withDefaults);
      return { options: withDefaults, errors: validate.errors ?? [], slots };
    },
  };
}
