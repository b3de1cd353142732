import type { ErrorCode } from "../errors/catalogue.ts";
import { ConfigErrors } from "../errors/config-errors.ts";
import { KdflowError, type KdflowErrorOptions, type SourcePlace } from "../errors/kdflow-error.ts";
import { placeOf, type SourceText, type Span } from "./source-text.ts";

/** Collects mistakes, so that one look at a file tells all of them. */
export class Problems {
  readonly #errors: KdflowError[] = [];
  readonly #sources: SourceText[] = [];

  /** Makes a file or `--set` argument known; problems are told in the order of their sources. */
  addSource(source: SourceText): void {
    this.#sources.push(source);
  }

  /** `--set` arguments share a name and differ in their text. */
  #rankOf({ file, text }: SourcePlace): number {
    const isSource = (source: SourceText): boolean =>
      source.file === file && (file !== "--set" || source.text.includes(text));
    const rank = this.#sources.findIndex(isSource);
    return rank < 0 ? this.#sources.length : rank;
  }

  add(code: ErrorCode, message: string, at: Span, hint: KdflowErrorOptions["hint"] = []): void {
    this.#errors.push(new KdflowError(code, message, { hint, where: placeOf(at) }));
  }

  addError(error: KdflowError): void {
    if (error instanceof ConfigErrors) this.#errors.push(...error.problems);
    else this.#errors.push(error);
  }

  /** Does something; a mistake that ends it is added, any other failure thrown. */
  async collect(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof KdflowError)) throw error;
      this.addError(error);
    }
  }

  #compare(a: KdflowError, b: KdflowError): number {
    if (a.where === undefined || b.where === undefined)
      return Number(b.where === undefined) - Number(a.where === undefined);
    const ranks = this.#rankOf(a.where) - this.#rankOf(b.where);
    return ranks || a.where.line - b.where.line || a.where.column - b.where.column;
  }

  /** The same mistake can be met on two ways: while a `--set` path is followed, and while the whole is checked. */
  #distinct(): KdflowError[] {
    const keyOf = ({ code, message, where }: KdflowError): string =>
      [code, message, where?.file, where?.line, where?.column, where?.text].join("\n");
    return [...new Map(this.#errors.map((error) => [keyOf(error), error])).values()];
  }

  /** All problems, sorted by place. */
  all(): readonly KdflowError[] {
    return this.#distinct().sort((a, b) => this.#compare(a, b));
  }

  /** @throws ConfigErrors with all problems, if there are any */
  throwIfAny(): void {
    const [first, ...rest] = this.all();
    if (first !== undefined) throw new ConfigErrors([first, ...rest]);
  }
}
