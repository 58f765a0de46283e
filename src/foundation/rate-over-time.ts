/** Bytes a second at a moment (milliseconds since 1970); undefined: without limit. It changes at whole minutes only. */
export type RateOverTime = (moment: number) => number | undefined;
