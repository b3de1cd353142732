/** Version of the event format; a change that breaks readers raises it. */
const eventVersion = 1;

/** One event as a line of JSON. Numbers that are not finite become null. */
export function eventLine(name: string, data: object, time: Date = new Date()): string {
  return `${JSON.stringify({ v: eventVersion, event: name, time: time.toISOString(), ...data })}\n`;
}
