/** Why a step cannot be recorded once and replayed; the step then runs operation by operation. */
export class NotCapturable extends Error {
  override readonly name = "NotCapturable";
}
